"""Every legal window of a dwelling and its household: when each opens and ends, who owes what, and why.

Pure: the dates come from the dwelling's file, the terms from dated tables (`terms.py`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal

from contracts.codes import Responsible, Tenure
from services.aftersales.dwelling_file.facts import File, Installed
from services.aftersales.dwelling_file.terms import Terms, terms_of, window_terms
from services.aftersales.legal_time import plus_months, plus_years
from services.aftersales.own_terms import OwnTerm, is_confirmed, is_unconfirmed, own_term
from services.aftersales.tables import in_force
from services.aftersales.taxonomy import element_of
from services.aftersales.warranty_terms import covers, installer_terms, list_end, regime_terms
from services.aftersales.words import Reason

State = Literal["to_come", "running", "ends_soon", "over", "unknown"]
STATES: tuple[State, ...] = ("to_come", "running", "ends_soon", "over", "unknown")
ORDER = ("ends_soon", "running", "to_come", "unknown", "over")
"""What a reader should see first."""


@dataclass(frozen=True)
class Window:
    """A period in which something can be claimed. `ends_on` is its last day, included; civil days."""

    code: str
    state: State
    debtor: Responsible
    claimant: Responsible
    """Who has to write: the household itself, or the cooperative for a home that it lets."""
    basis: str
    verified: bool
    source: str
    starts_on: date | None = None
    ends_on: date | None = None
    """None for a window without a day that ends it, and for an unknown one."""
    missing: str | None = None
    """Why it cannot be counted: a key of `window_missing` in words.yaml."""
    notes: tuple[Reason, ...] = ()
    element: str | None = None
    """Of equipment with warranties of its own."""
    also: tuple[Responsible, ...] = ()
    """Who owes it beside the debtor."""
    about: str | None = None
    """Opaque id: the request declared to the insurer, or the equipment."""

    @property
    def is_open(self) -> bool:
        return self.state in ("running", "ends_soon")


def windows(file: File, tenure: Tenure | None, today: date, own: Sequence[OwnTerm] = ()) -> list[Window]:
    """All windows that concern a household of `tenure` (None: the empty dwelling), on civil day `today`.

    What presses most comes first. A window that lacks a date is there with state `unknown` and the reason;
    one that does not concern the tenure is not. `own`: the cooperative's decisions on unconfirmed rows.
    """
    found = [
        window
        for terms in in_force(window_terms(), file.reception_on or file.keys_on(tenure)[0] or today)
        if terms.concerns(tenure)
        for window in _counted(terms, file, tenure, today, own)
    ]
    for one in file.equipment:
        if one.regime == "contract":
            found.append(_installer(one, tenure, today))
        elif one.regime == "ouvrage":
            found += _own_works(one, tenure, today, own)
    return sorted(
        found,
        key=lambda one: (ORDER.index(one.state), one.ends_on or date.max, one.code, one.about or ""),
    )


def _counted(
    terms: Terms, file: File, tenure: Tenure | None, today: date, own: Sequence[OwnTerm]
) -> Iterator[Window]:
    blank = Window(
        code=terms.code,
        state="unknown",
        debtor=terms.debtor,
        also=terms.also,
        claimant=claimant(terms.code, tenure),
        basis=terms.basis,
        verified=terms.verified,
        source=terms.source,
    )
    confirmed = is_confirmed(terms.verified, tenure)
    decided = None if confirmed else own_term(own, terms.code, terms.regime, tenure, today)
    if decided is not None:
        if not decided.applies:
            return
        terms = decided.counted(terms)
        key = "overridden_for_building" if decided.building else "overridden_for_coop"
        blank = replace(blank, basis=decided.basis or terms.basis, verified=True, notes=(Reason(key),))
    elif not confirmed:
        blank = replace(blank, verified=False)
        if is_unconfirmed(tenure):
            blank = replace(blank, notes=(Reason("not_verified"),))
    if terms.starts == "declared":
        for ticket, declared_on in file.declared:
            yield _placed(replace(blank, about=ticket), terms, declared_on, today)
        return
    start = _start(terms, file, tenure)
    if isinstance(start, str):
        yield _built_long_ago(blank, terms, file, today) or replace(blank, missing=start)
        return
    counted_from, notes = start
    blank = replace(blank, notes=(*notes, *blank.notes))
    if terms.until == "reserves_lifted":
        months = terms_of("apparent_list", tenure).months
        yield _held_back(blank, file, counted_from, today, list_end(counted_from, months, file.reception_on))
    elif terms.starts == "list_end":
        # The claim is open from the keys on; only its end is counted from the end of the list.
        yield _placed(blank, terms, counted_from, today, opens_on=file.keys_on(tenure)[0])
    elif terms.not_before_reception:
        if file.reception_on is None:
            blank = replace(blank, notes=(*blank.notes, Reason("reception_unknown_earlier_kept")))
        yield _placed(blank, terms, counted_from, today, not_before=file.reception_on)
    else:
        yield _placed(blank, terms, counted_from, today)


def _start(terms: Terms, file: File, tenure: Tenure | None) -> tuple[date, tuple[Reason, ...]] | str:
    """The day it is counted from, with what was assumed; or the key of what is missing."""
    if terms.starts == "reception":
        return (file.reception_on, ()) if file.reception_on else "no_reception_date"
    if terms.starts in ("keys", "list_end"):
        keys_on, notes = file.keys_on(tenure)
        if keys_on is None:
            return "no_livraison_date"
        if terms.starts == "keys":
            return keys_on, notes
        if file.reception_on is None:
            # The end can only move later once the réception is known: the earlier one is safe.
            notes = (*notes, Reason("reception_unknown_earlier_kept"))
        return list_end(keys_on, terms.list_months, file.reception_on), notes
    entry_on, notes = file.entry_on()
    if entry_on is None:
        return "no_entry_date"
    if terms.starts == "entry":
        return entry_on, notes
    return file.heating.next_start(entry_on), (*notes, *file.heating_notes)


def _placed(
    window: Window,
    terms: Terms,
    counted_from: date,
    today: date,
    opens_on: date | None = None,
    not_before: date | None = None,
) -> Window:
    ends_on = max(last_day(terms, counted_from), not_before or date.min)
    starts_on = opens_on or counted_from
    state = state_of(starts_on, ends_on, today, terms.soon_days)
    return replace(window, starts_on=starts_on, ends_on=ends_on, state=state)


def last_day(terms: Terms, counted_from: date) -> date:
    """The last day, included, of a period that is counted from there."""
    return plus_months(counted_from, 12 * terms.years + terms.months) + timedelta(days=terms.calendar_days)


def _built_long_ago(blank: Window, terms: Terms, file: File, today: date) -> Window | None:
    """Over, whatever the day of the réception was, for a building too old for it to run still."""
    latest = file.latest_reception()
    if terms.starts != "reception" or file.built_on is None or latest is None:
        return None
    if last_day(terms, latest) >= today:
        return None
    note = Reason("built_long_ago", {"built_on": file.built_on.isoformat()})
    return replace(blank, state="over", notes=(*blank.notes, note))


def _held_back(window: Window, file: File, starts_on: date, today: date, listed_by_on: date) -> Window:
    """Money held back at the keys, as long as réserves can be listed and until those made are lifted."""
    if today < starts_on:
        state: State = "to_come"
    else:
        state = "running" if file.has_open_reserves or today <= listed_by_on else "over"
    return replace(window, starts_on=starts_on, state=state)


def _installer(one: Installed, tenure: Tenure | None, today: date) -> Window:
    terms = installer_terms()
    ends_on = one.contract_ends_on
    is_supposed = ends_on is None and today <= plus_years(one.installed_on, terms.supposed_years)
    if ends_on is not None:
        state = state_of(one.installed_on, ends_on, today, terms.soon_days)
    else:
        state = "running" if is_supposed else "unknown"
    return Window(
        code="installer_contract",
        state=state,
        missing="no_contract_end" if state == "unknown" else None,
        debtor=terms.debtor,
        claimant=claimant("installer_contract", tenure),
        basis=terms.basis,
        verified=terms.verified,
        source=terms.source,
        starts_on=one.installed_on,
        ends_on=ends_on,
        notes=(
            Reason("replaced_equipment", {"installed_on": one.installed_on.isoformat()}),
            *([Reason("installer_supposed")] if is_supposed else []),
        ),
        element=one.element,
        about=one.id,
    )


def _own_works(
    one: Installed, tenure: Tenure | None, today: date, own: Sequence[OwnTerm]
) -> Iterator[Window]:
    """The warranties of equipment that is itself a work, from the day it was received."""
    note = Reason("own_work", {"installed_on": one.installed_on.isoformat()})
    received = File(reception_on=one.installed_on)
    covering = {
        row.regime
        for row in in_force(regime_terms(), one.installed_on)
        if row.starts == "reception"
        and covers(row, one.element, None, tenure, element_of(one.element).is_common)
    }
    for terms in in_force(window_terms(), one.installed_on):
        if terms.regime not in covering or not terms.concerns(tenure):
            continue
        for window in _counted(terms, received, tenure, today, own):
            yield replace(window, element=one.element, about=one.id, notes=(note, *window.notes))


def state_of(starts_on: date, ends_on: date, today: date, soon_days: int) -> State:
    """Where `today` stands in a window; both ends are included."""
    if today < starts_on:
        return "to_come"
    if today > ends_on:
        return "over"
    return "ends_soon" if (ends_on - today).days <= soon_days else "running"


def claimant(code: str, tenure: Tenure | None) -> Responsible:
    """A tenant asks the cooperative, which claims on the others; who bought claims in their own name."""
    own = tenure is not None and (tenure is not Tenure.TENANT or code in ("edl_completion", "edl_heating"))
    return Responsible.RESIDENT if own else Responsible.COOPERATIVE
