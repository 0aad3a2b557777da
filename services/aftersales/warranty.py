"""Which French construction warranties still cover a defect, who owes each, and until when.

Sources: Code civil 1642-1, 1648, 1792 and following; terms and elements are in `warranty.yaml`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from contracts.codes import Regime, Responsible, Tenure
from services.aftersales.legal_time import plus_months, plus_years
from services.aftersales.own_terms import OwnTerm, is_confirmed, is_unconfirmed, own_term
from services.aftersales.tables import in_force, load
from services.aftersales.taxonomy import element_of
from services.aftersales.warranty_terms import Terms, covers, installer_terms, list_end, regime_terms
from services.aftersales.words import Reason

TO_BE_EXAMINED = "may_be_structural"
"""Reason that leaves the decision to a person's look."""
VENDOR_SUPPOSED, CONTRACTOR_SUPPOSED = "vendor_supposed", "contractor_supposed"
"""Reasons of a warranty that may run: the réception is not recorded, and staff are asked for it."""
INSTALLER_SUPPOSED = "installer_supposed"
"""The same of equipment under its installer's contract whose end is not recorded."""
SUPPOSED = frozenset({VENDOR_SUPPOSED, CONTRACTOR_SUPPOSED, INSTALLER_SUPPOSED})


@dataclass(frozen=True)
class Dates:
    """The legal days of a dwelling and its household. `reception_on` and `livraison_on` are two things."""

    reception_on: date | None = None
    """Réception of the works, between their owner and the firms."""
    livraison_on: date | None = None
    """The keys, from vendor to buyer."""
    moved_in_on: date | None = None
    installed_on: date | None = None
    """When the element was replaced or added after réception: it then has no construction warranty."""
    contract_ends_on: date | None = None
    """Last day of what the installer of a replaced element warrants by contract, where it is known."""
    built_on: date | None = None
    """Of the building, where it is known: what says that its works were received long ago."""
    is_own_work: bool = False
    """Of equipment that is itself a work: what counts from the keys of the home is none of its."""


@dataclass(frozen=True)
class Warranty:
    """A warranty that runs on the day of the claim; `ends_on` is its last day, included."""

    regime: Regime
    debtor: Responsible | None
    starts_on: date | None
    ends_on: date | None
    basis: str | None
    reasons: tuple[Reason, ...]
    list_by_on: date | None = None
    """Last day to report a visible defect (apparent_1642_1 only)."""
    also: tuple[Responsible, ...] = ()
    """Who owes it beside the debtor, each for the whole."""

    @property
    def debtors(self) -> tuple[Responsible, ...]:
        """All who owe it, the one that leads first."""
        return (self.debtor, *self.also) if self.debtor is not None else ()


def warranties(
    element: str,
    tenure: Tenure | None,
    dates: Dates,
    noticed_on: date,
    *,
    symptom: str | None = None,
    claimed_on: date | None = None,
    is_common: bool | None = None,
    own: Sequence[OwnTerm] = (),
) -> list[Warranty]:
    """The warranties that cover `element` for a household of that tenure; several may run at once.

    `noticed_on` is when the defect was first seen, `claimed_on` (same day when absent) when the
    cooperative was told: a warranty must still run then. Without any, the list holds one entry of
    regime `none` that says why. `own` is what the cooperative decided about terms that are not confirmed.
    Raises KeyError for an unknown element.
    """
    claimed_on = max(claimed_on or noticed_on, noticed_on)
    is_common = element_of(element).is_common if is_common is None else is_common
    table = load("warranty")
    if element in table["uncovered"]:
        return [_none(Reason("wear_not_covered"))]
    asked = _Asked(element, symptom, tenure, noticed_on, claimed_on, is_common, own)
    if asked.is_wear and not (
        symptom in table["visible_at_keys"] and _at_the_keys(tenure, dates, noticed_on)
    ):
        return [_none(Reason("wear_not_covered"))]
    if dates.installed_on and (dates.reception_on is None or dates.installed_on > dates.reception_on):
        return [_replaced(dates, claimed_on)]
    running = _all_running(asked, dates)
    if asked.is_wear and not running:
        return [_none(Reason("wear_not_covered"))]
    if running:
        return running
    if supposed := _supposed(asked, dates):
        return [supposed]
    unsure = [Reason(TO_BE_EXAMINED)] if _may_be_serious(element, symptom, dates, claimed_on) else []
    return [_none(_why_none(dates, claimed_on), *unsure)]


def latest_reception(dates: Dates, tenure: Tenure | None) -> date | None:
    """The latest day on which works whose réception is not recorded were, as a rule, received: before the
    keys, and within a year of being built. None when nothing that is known bounds it."""
    known = [dates.livraison_on]
    if tenure is not None and tenure in load("warranty")["bought_new"]:
        known.append(dates.moved_in_on)
    if dates.built_on is not None:
        known.append(plus_months(dates.built_on, load("warranty")["received_within_months"]))
    return min((day for day in known if day is not None), default=None)


@dataclass(frozen=True)
class _Asked:
    """What is asked of the warranties, without the days of the home."""

    element: str
    symptom: str | None
    tenure: Tenure | None
    noticed_on: date
    claimed_on: date
    is_common: bool
    own: Sequence[OwnTerm]

    @property
    def is_wear(self) -> bool:
        return self.symptom in load("warranty")["wear_symptoms"]


def _supposed(asked: _Asked, dates: Dates) -> Warranty | None:
    """What some réception that is not recorded may leave open: nobody is told then that it is its own."""
    latest = latest_reception(dates, asked.tenure)
    if dates.reception_on is not None or latest is None or asked.is_wear:
        return None
    regimes = {
        one.regime for one in _all_running(asked, replace(dates, reception_on=min(latest, asked.claimed_on)))
    }
    if not regimes:
        return None
    is_bought_new = asked.tenure is not None and asked.tenure in load("warranty")["bought_new"]
    by_vendor = is_bought_new and Regime.PARFAIT_ACHEVEMENT in regimes
    return _none(Reason("no_reception_date"), Reason(VENDOR_SUPPOSED if by_vendor else CONTRACTOR_SUPPOSED))


def _all_running(asked: _Asked, dates: Dates) -> list[Warranty]:
    return [
        warranty
        for row in in_force(regime_terms(), dates.reception_on or dates.livraison_on or asked.claimed_on)
        if covers(row, asked.element, asked.symptom, asked.tenure, asked.is_common)
        and (not asked.is_wear or row.regime is Regime.APPARENT_1642_1)
        and (terms := _decided(row, asked.tenure, asked.claimed_on, asked.own)) is not None
        and (warranty := _running(terms, asked.tenure, dates, asked.noticed_on, asked.claimed_on)) is not None
    ]


def runs(found: list[Warranty]) -> bool:
    """Whether any warranty answers for the defect."""
    return any(warranty.regime is not Regime.NONE for warranty in found)


def _may_be_serious(element: str, symptom: str | None, dates: Dates, on: date) -> bool:
    """Whether only a look can tell that the ten-year warranty does not answer for it."""
    years = max(row.years for row in in_force(regime_terms(), on) if row.regime is Regime.DECENNALE)
    is_over = dates.reception_on is not None and on > plus_years(dates.reception_on, years)
    return symptom in load("warranty")["to_be_examined"].get(element, ()) and not is_over


def _at_the_keys(tenure: Tenure | None, dates: Dates, noticed_on: date) -> bool:
    keys_on = dates.livraison_on or (dates.moved_in_on if tenure is Tenure.BUYER_VEFA else None)
    return keys_on is not None and noticed_on <= keys_on


def _running(
    terms: Terms, tenure: Tenure | None, dates: Dates, noticed_on: date, claimed_on: date
) -> Warranty | None:
    reasons: list[Reason] = []
    list_by_on = None
    if terms.starts == "reception":
        starts_on = dates.reception_on
        if starts_on is None or claimed_on < starts_on:
            return None
        ends_on = plus_years(starts_on, terms.years)
    else:
        starts_on = dates.livraison_on
        if starts_on is None and tenure is Tenure.BUYER_VEFA and not dates.is_own_work:
            starts_on = dates.moved_in_on
            reasons.append(Reason("keys_assumed"))
        if starts_on is None:
            return None
        if terms.list_months is None:
            ends_on = plus_years(starts_on, terms.years)
        else:
            list_by_on = list_end(starts_on, terms.list_months, dates.reception_on)
            if noticed_on > list_by_on:
                return None
            ends_on = plus_years(list_by_on, terms.years)
    if claimed_on > ends_on:
        return None
    params = {"regime": terms.regime.value, "debtor": terms.debtor.value, "ends_on": ends_on.isoformat()}
    if list_by_on is None:
        reasons.insert(0, Reason("warranty_running", params))
    else:
        reasons.insert(0, Reason("apparent_listed", params | {"list_by_on": list_by_on.isoformat()}))
    reasons += [
        Reason("warranty_owed_also", {"regime": terms.regime.value, "debtor": one.value})
        for one in terms.also
    ]
    if not terms.verified and is_unconfirmed(tenure):
        reasons.append(Reason("not_verified"))
    return Warranty(
        terms.regime, terms.debtor, starts_on, ends_on, terms.basis, tuple(reasons), list_by_on, terms.also
    )


def _decided(terms: Terms, tenure: Tenure | None, on: date, own: Sequence[OwnTerm]) -> Terms | None:
    """The row as the cooperative decided it, where it is not confirmed; None where it does not apply."""
    if is_confirmed(terms.verified, tenure):
        return terms
    decided = own_term(own, terms.regime.value, terms.regime, tenure, on)
    if decided is None:
        return terms.model_copy(update={"verified": False})
    if not decided.applies:
        return None
    return decided.counted(terms).model_copy(update={"basis": decided.basis or terms.basis, "verified": True})


def _replaced(dates: Dates, claimed_on: date) -> Warranty:
    """Only the installer's contract, which gives the debtor while it runs. One whose end is not recorded is
    supposed to run for a while."""
    assert dates.installed_on is not None
    terms = installer_terms()
    replaced = Reason("replaced_equipment", {"installed_on": dates.installed_on.isoformat()})
    ends_on = dates.contract_ends_on
    if ends_on is None:
        supposed = claimed_on <= plus_years(dates.installed_on, terms.supposed_years)
        return _none(replaced, *([Reason(INSTALLER_SUPPOSED)] if supposed else []))
    told = {"ends_on": ends_on.isoformat()}
    if claimed_on > ends_on:
        return _none(replaced, Reason("installer_contract_ended", told))
    return Warranty(
        Regime.INSTALLER_CONTRACT,
        terms.debtor,
        dates.installed_on,
        ends_on,
        terms.basis,
        (replaced, Reason("installer_contract_runs", told)),
    )


def _why_none(dates: Dates, claimed_on: date) -> Reason:
    if dates.reception_on is None:
        return Reason("no_reception_date")
    if claimed_on < dates.reception_on:
        return Reason("reception_to_come")
    return Reason("warranties_ended", {"reception_on": dates.reception_on.isoformat()})


def _none(*reasons: Reason) -> Warranty:
    return Warranty(Regime.NONE, None, None, None, None, reasons)
