"""Who must act on a defect: resident, cooperative, vendor, contractor, syndic or insurer, and why.

Sources: loi 89-462, décret 87-712, Code civil; the matrix is `responsibility.yaml`. A cooperative, and
any of its buildings, may set rules of its own, which come first; none of them puts on the resident what
`never_resident` keeps from it, such as what a warranty answers for.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache

from pydantic import BaseModel, ConfigDict, TypeAdapter

from contracts.codes import Priority, Regime, Responsible, Tenure
from services.aftersales.never_resident import Duty, duty_on_others
from services.aftersales.own_terms import is_confirmed, is_unconfirmed
from services.aftersales.tables import Row, in_force, load
from services.aftersales.taxonomy import element_of
from services.aftersales.warranty import SUPPOSED, TO_BE_EXAMINED, Warranty
from services.aftersales.words import Reason


@dataclass(frozen=True)
class Override:
    """A cooperative's own rule, for all its homes or one building. None matches everything."""

    responsible: Responsible
    basis: str
    valid_from: date
    building: str | None = None
    trade: str | None = None
    element: str | None = None
    symptom: str | None = None
    tenure: Tenure | None = None
    valid_to: date | None = None

    def applies(self, case: "Case") -> bool:
        return (
            self.valid_from <= case.on
            and (self.valid_to is None or case.on <= self.valid_to)
            and self.building in (None, case.building)
            and self.trade in (None, element_of(case.element).trade)
            and self.element in (None, case.element)
            and self.symptom in (None, case.symptom)
            and self.tenure in (None, case.tenure)
        )

    @property
    def precision(self) -> tuple[bool, int, date]:
        """A building's rule beats the cooperative's, one that names more the other, the later the earlier.

        An element is more precise than all that a rule of its trade may name besides."""
        named = sum(value is not None for value in (self.trade, self.symptom, self.tenure))
        return self.building is not None, named + 4 * (self.element is not None), self.valid_from


@dataclass(frozen=True)
class Case:
    """What the decision rests on. `tenure` is None for a building's request without a household."""

    element: str
    symptom: str
    on: date
    tenure: Tenure | None
    warranties: tuple[Warranty, ...] = ()
    cause: str = "unknown"
    """Known after a visit: `use`, `wear`, `defect`, `force_majeure`."""
    building: str | None = None
    is_copropriete: bool = False
    is_common: bool | None = None
    """Overrides the element's own kind, when the place says that a shared part is meant."""
    priority: Priority | None = None
    """What the request has now, which a person may have set; None for the table's."""


@dataclass(frozen=True)
class Decision:
    responsible: Responsible
    basis: str
    reasons: tuple[Reason, ...]
    is_verified: bool


class When(BaseModel):
    """Conditions of one row; None always holds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    part: str | None = None
    tenure: tuple[Tenure, ...] | None = None
    symptom: tuple[str, ...] | None = None
    cause: tuple[str, ...] | None = None
    warranty: tuple[Regime, ...] | None = None
    copropriete: bool | None = None
    upkeep: bool | None = None
    to_examine: bool | None = None
    """Whether only a person's look can tell if a warranty answers for it."""
    because: tuple[str, ...] | None = None
    """A reason that the warranties give, for one that is only supposed to run."""


class Rule(Row):
    """One row of `responsibility.yaml`."""

    when: When
    responsible: Responsible
    basis: str
    reason: str


def responsible_for(case: Case, overrides: Sequence[Override] = ()) -> Decision:
    """The party that must act first, with the legal basis and the reasons in words.

    A claim on somebody else (a contractor's warranty behind a landlord's duty) is among the reasons, and so
    is that a rule of one's own was set aside.
    Raises KeyError for an unknown element.
    """
    rule, duty = _own(case, overrides)
    set_aside = () if duty is None else (Reason("own_rule_set_aside"), Reason(duty.reason))
    if rule is not None:
        key = "overridden_for_building" if rule.building else "overridden_for_coop"
        claims = _claims(case, rule.responsible)
        return Decision(rule.responsible, rule.basis, (Reason(key), *set_aside, *claims), True)
    row = _of_the_table(case)
    claims = _claims(case, row.responsible)
    reasons = [Reason(row.reason, {"element": case.element}), *set_aside, *claims]
    if is_unconfirmed(case.tenure):
        reasons.append(Reason("not_verified"))
    verified = is_confirmed(row.verified, case.tenure)
    return Decision(row.responsible, row.basis, tuple(dict.fromkeys(reasons)), verified)


def _own(case: Case, overrides: Sequence[Override]) -> tuple[Override | None, Duty | None]:
    """The cooperative's own rule that counts, and what keeps a more precise one of it from the resident."""
    own = sorted((rule for rule in overrides if rule.applies(case)), key=lambda rule: rule.precision)
    if not own or own[-1].responsible is not Responsible.RESIDENT:
        return (own[-1] if own else None), None
    duty = duty_on_others(
        case.element,
        case.symptom,
        case.tenure,
        case.on,
        priority=case.priority,
        is_common=case.is_common,
        is_warranted=_is_warranted(case),
    )
    if duty is None:
        return own[-1], None
    others = [rule for rule in own if rule.responsible is not Responsible.RESIDENT]
    return (others[-1] if others else None), duty


def _of_the_table(case: Case) -> Rule:
    return next(row for row in in_force(_rules(), case.on) if _holds(row.when, case))


def _is_warranted(case: Case) -> bool:
    """Whether a warranty answers for it, or for who bought may do, and the law leaves it to somebody else:
    what was caused by use, and a tenant's own upkeep, stay the resident's."""
    running = any(one.regime is not Regime.NONE for one in case.warranties)
    supposed = case.tenure is not Tenure.TENANT and bool(_told(case) & {*SUPPOSED, TO_BE_EXAMINED})
    return (running or supposed) and _of_the_table(case).responsible is not Responsible.RESIDENT


def _holds(when: When, case: Case) -> bool:
    is_common = element_of(case.element).is_common if case.is_common is None else case.is_common
    regimes = {warranty.regime for warranty in case.warranties}
    upkeep = case.symptom in load("responsibility")["tenant_upkeep"].get(case.element, ())
    return (
        (when.part is None or (when.part == "common") == is_common)
        and (when.tenure is None or case.tenure in when.tenure)
        and (when.symptom is None or case.symptom in when.symptom)
        and (when.cause is None or case.cause in when.cause)
        and (when.warranty is None or bool(regimes & set(when.warranty)))
        and (when.copropriete is None or when.copropriete == case.is_copropriete)
        and (when.upkeep is None or when.upkeep == upkeep)
        and (when.to_examine is None or when.to_examine == _is_to_examine(case))
        and (when.because is None or bool(set(when.because) & _told(case)))
    )


def _is_to_examine(case: Case) -> bool:
    return TO_BE_EXAMINED in _told(case)


def _told(case: Case) -> set[str]:
    return {reason.key for one in case.warranties for reason in one.reasons}


def _claims(case: Case, responsible: Responsible) -> tuple[Reason, ...]:
    """What the warranties say. Beside a tenant's own upkeep they are told as what else it could be: a fault
    of the part is the landlord's to repair, and to claim."""
    told = [reason for warranty in case.warranties for reason in warranty.reasons]
    if case.tenure is Tenure.TENANT and responsible is Responsible.RESIDENT:
        told = [
            Reason("landlord_claims_if_faulty", reason.params) if reason.key == "warranty_running" else reason
            for reason in told
            if reason.key != "installer_contract_runs"
        ]
    return tuple(told)


@cache
def _rules() -> tuple[Rule, ...]:
    return TypeAdapter(tuple[Rule, ...]).validate_python(load("responsibility")["rules"])
