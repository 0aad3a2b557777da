"""Which French construction warranties still cover a defect, who owes each, and until when.

Sources: Code civil 1642-1, 1648, 1792 and following; terms and elements are in `warranty.yaml`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Literal

from pydantic import TypeAdapter

from contracts.codes import Regime, Responsible, Tenure
from services.aftersales.legal_time import plus_months, plus_years
from services.aftersales.own_terms import OwnTerm, is_confirmed, is_unconfirmed, own_term
from services.aftersales.tables import Row, in_force, load
from services.aftersales.taxonomy import element_of
from services.aftersales.words import Reason

TO_BE_EXAMINED = "may_be_structural"
"""Reason that leaves the decision to a person's look."""


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


class Terms(Row):
    """One row of `warranty.yaml`."""

    regime: Regime
    starts: Literal["reception", "keys"]
    years: int
    list_months: int | None = None
    debtor: Responsible
    part: Literal["private", "any"] = "any"
    elements: Literal["all", "listed"] = "all"
    symptoms: tuple[str, ...] | None = None
    tenures: tuple[Tenure, ...] | None = None
    basis: str


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
    is_wear = symptom in table["wear_symptoms"]
    if is_wear and not (symptom in table["visible_at_keys"] and _at_the_keys(tenure, dates, noticed_on)):
        return [_none(Reason("wear_not_covered"))]
    if dates.installed_on and (dates.reception_on is None or dates.installed_on > dates.reception_on):
        return [_replaced(dates, claimed_on)]
    running = [
        warranty
        for row in in_force(regime_terms(), dates.reception_on or dates.livraison_on or claimed_on)
        if _covers(row, element, symptom, tenure, is_common)
        and (not is_wear or row.regime is Regime.APPARENT_1642_1)
        and (terms := _decided(row, tenure, claimed_on, own)) is not None
        and (warranty := _running(terms, tenure, dates, noticed_on, claimed_on)) is not None
    ]
    if is_wear and not running:
        return [_none(Reason("wear_not_covered"))]
    if running:
        return running
    unsure = [Reason(TO_BE_EXAMINED)] if _may_be_serious(element, symptom, dates, claimed_on) else []
    return [_none(_why_none(dates, claimed_on), *unsure)]


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
        if starts_on is None and tenure is Tenure.BUYER_VEFA:
            starts_on = dates.moved_in_on
            reasons.append(Reason("keys_assumed"))
        if starts_on is None:
            return None
        if terms.list_months is None:
            ends_on = plus_years(starts_on, terms.years)
        else:
            list_by_on = plus_months(starts_on, terms.list_months)
            if noticed_on > list_by_on:
                return None
            # The vendor is released at the later of the two; without réception date the earlier end is kept.
            released_on = max(list_by_on, dates.reception_on or list_by_on)
            ends_on = plus_years(released_on, terms.years)
    if claimed_on > ends_on:
        return None
    params = {"regime": terms.regime.value, "debtor": terms.debtor.value, "ends_on": ends_on.isoformat()}
    reasons.insert(0, Reason("apparent_to_list" if list_by_on else "warranty_running", params))
    if not terms.verified and is_unconfirmed(tenure):
        reasons.append(Reason("not_verified"))
    return Warranty(terms.regime, terms.debtor, starts_on, ends_on, terms.basis, tuple(reasons), list_by_on)


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
    """Only the installer's contract (Cass. 3e civ., 21 March 2024, n° 22-18.694)."""
    assert dates.installed_on is not None
    reasons = [Reason("replaced_equipment", {"installed_on": dates.installed_on.isoformat()})]
    if dates.contract_ends_on is not None:
        key = (
            "installer_contract_runs" if claimed_on <= dates.contract_ends_on else "installer_contract_ended"
        )
        reasons.append(Reason(key, {"ends_on": dates.contract_ends_on.isoformat()}))
    return _none(*reasons)


def _covers(terms: Terms, element: str, symptom: str | None, tenure: Tenure | None, is_common: bool) -> bool:
    if terms.tenures is not None and tenure not in terms.tenures:
        return False
    if terms.part == "private" and is_common:
        return False
    if terms.symptoms is not None and symptom not in terms.symptoms:
        return False
    table = load("warranty")
    if terms.regime is Regime.DECENNALE and symptom in table["minor_symptoms"]:
        return False
    if terms.regime is Regime.DECENNALE and symptom in table["serious_symptoms"]["codes"]:
        return True
    return terms.elements == "all" or element in table[terms.regime.value]


def _why_none(dates: Dates, claimed_on: date) -> Reason:
    if dates.reception_on is None:
        return Reason("no_reception_date")
    if claimed_on < dates.reception_on:
        return Reason("reception_to_come")
    return Reason("warranties_ended", {"reception_on": dates.reception_on.isoformat()})


def _none(*reasons: Reason) -> Warranty:
    return Warranty(Regime.NONE, None, None, None, None, reasons)


@cache
def regime_terms() -> tuple[Terms, ...]:
    """The rows of `warranty.yaml`, in its order."""
    return TypeAdapter(tuple[Terms, ...]).validate_python(load("warranty")["regimes"])
