"""The legal dates of a request: calendar days that never pause, counted de quantième à quantième."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from contracts.codes import ClockFamily, Priority, Regime, Responsible, Tenure
from services.aftersales.claims import letters_due
from services.aftersales.clock import Deadline, TicketFacts
from services.aftersales.dwelling_file.terms import terms_of
from services.aftersales.legal_time import end_of_day, plus_months
from services.aftersales.priority import default_heating_period
from services.aftersales.public_holidays import plus_working_days
from services.aftersales.tables import load
from services.aftersales.taxonomy import element_of


def legal_clocks(facts: TicketFacts, zone: ZoneInfo) -> list[Deadline]:
    """Every legal date that concerns the request, by the civil days of `zone`: the cooperative's own opening
    days move none. A notice does not stop a warranty's period: only the debtor's written commitment or a
    court does."""
    opened_on = facts.standing.opened_at.astimezone(zone).date()
    found: list[Deadline] = []

    def secured_at(debtors: Sequence[Responsible]) -> datetime | None:
        instants = [at for named, at in facts.standing.secured if named is None or named in debtors]
        return min(instants, default=None)

    def add(kind: str, starts_on: date, ends_on: date, met_at: datetime | None = None) -> None:
        starts_at = end_of_day(starts_on, zone) - timedelta(hours=23, minutes=59, seconds=59)
        due_at = end_of_day(ends_on, zone)
        found.append(
            Deadline(kind, ClockFamily.LEGAL, starts_at.astimezone(UTC), due_at.astimezone(UTC), met_at)
        )

    waived_at = min((at for who, at in facts.standing.waived if who == Responsible.VENDOR), default=None)
    is_listing = False
    for warranty in facts.warranties:
        if warranty.regime is Regime.NONE or warranty.starts_on is None or warranty.ends_on is None:
            continue
        add(warranty.regime.value, warranty.starts_on, warranty.ends_on, secured_at(warranty.debtors))
        if warranty.list_by_on is not None and opened_on <= warranty.list_by_on:
            listed_at = facts.standing.listed_at or waived_at
            is_listing = listed_at is None  # until then this is the clock of the vendor's letter too
            add("apparent_list", warranty.starts_on, warranty.list_by_on, listed_at)
    settled = (*facts.standing.written, *facts.standing.waived)
    for duty in letters_due(
        facts.responsible, facts.warranties, facts.symptom, facts.noticed_on or opened_on, opened_on
    ):
        met_at = min((at for who, at in settled if who == duty.debtor), default=None)
        if duty.debtor is not Responsible.VENDOR or met_at is not None or not is_listing:
            add(f"notice_{duty.debtor.value}", duty.starts_on, duty.due_on, met_at)
    table = load("deadlines")["legal"]
    if facts.tenure is Tenure.TENANT:
        entry_on = facts.etat_des_lieux_on or facts.dates.moved_in_on
        if entry_on is not None:
            ends_on = entry_on + timedelta(days=terms_of("edl_completion", facts.tenure).calendar_days)
            if entry_on <= opened_on <= ends_on:
                add("edl_completion", entry_on, ends_on)
            season_on = (facts.heating or default_heating_period()).next_start(entry_on)
            heating_on = plus_months(season_on, terms_of("edl_heating", facts.tenure).months)
            if element_of(facts.element).trade == "heating" and entry_on <= opened_on <= heating_on:
                add("edl_heating", entry_on, heating_on)
        if facts.responsible is Responsible.COOPERATIVE and facts.priority is not Priority.P4:
            days = table["works_21_days"]["calendar_days"]
            add("works_21_days", opened_on, opened_on + timedelta(days=days))
    if facts.symptom == "leak_from_neighbour":
        term = table["insurance_declaration"]
        due_on = plus_working_days(opened_on, term["working_days"], term["counted"], facts.postcode)
        add("insurance_declaration", opened_on, due_on)
    if facts.declared_to_insurer_on is not None:
        for kind in ("do_refusal", "do_position", "do_offer"):
            days = terms_of(kind, facts.tenure).calendar_days
            add(kind, facts.declared_to_insurer_on, facts.declared_to_insurer_on + timedelta(days=days))
    return found
