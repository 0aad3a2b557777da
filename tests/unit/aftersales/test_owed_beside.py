"""What the vendor of a home to be built owes its buyer beside the contractor (C. civ. art. 1646-1)."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest

from contracts.codes import Regime, Responsible, Tenure
from services.aftersales.claims import Firm, Running, claim_of, letters_due
from services.aftersales.dwelling_file.facts import File
from services.aftersales.dwelling_file.showing import window_out
from services.aftersales.dwelling_file.windows import windows
from services.aftersales.reports.stories import Act, Clock, Story
from services.aftersales.reports.windows import is_lost, is_saved
from services.aftersales.responsibility import Case, responsible_for
from services.aftersales.warranty import Dates, Warranty, warranties
from tests.unit.aftersales.test_reports import OPENED

RECEPTION, KEYS = date(2025, 1, 15), date(2025, 3, 1)
SOLD = Dates(RECEPTION, KEYS, KEYS)
VEFA, PARIS = Tenure.BUYER_VEFA, ZoneInfo("Europe/Paris")
VENDOR, CONTRACTOR = Responsible.VENDOR, Responsible.CONTRACTOR
OTHERS = (Tenure.TENANT, Tenure.CO_OWNER, Tenure.PSLA, Tenure.BRS, None)


def found(element: str, on: date, tenure: Tenure | None = VEFA) -> tuple[list[Warranty], Responsible]:
    running = warranties(element, tenure, SOLD, on, symptom="broken")
    return running, responsible_for(Case(element, "broken", on, tenure, tuple(running))).responsible


def owed(running: list[Warranty]) -> dict[Regime, tuple[Responsible, ...]]:
    return {one.regime: one.debtors for one in running}


@pytest.mark.parametrize(
    ("element", "on", "regime"),
    [
        ("shutter", date(2026, 6, 1), Regime.BIENNALE),
        ("stair_rail", date(2030, 6, 1), Regime.DECENNALE),
    ],
)
def test_after_the_first_year_the_vendor_leads_and_the_contractor_owes_it_too(
    element: str, on: date, regime: Regime
) -> None:
    running, responsible = found(element, on)
    assert owed(running) == {regime: (VENDOR, CONTRACTOR)}
    assert responsible is VENDOR
    assert "1646-1" in (running[0].basis or "")
    letters = letters_due(responsible, running, "broken", on)
    assert {(one.debtor, one.regimes) for one in letters} == {(VENDOR, (regime,)), (CONTRACTOR, (regime,))}


def test_the_first_year_stays_the_contractors_alone() -> None:
    running, responsible = found("shutter", date(2025, 6, 1))
    assert owed(running)[Regime.PARFAIT_ACHEVEMENT] == (CONTRACTOR,)
    assert responsible is CONTRACTOR


@pytest.mark.parametrize("tenure", OTHERS)
def test_no_other_household_has_such_a_vendor(tenure: Tenure | None) -> None:
    for element, on in (("shutter", date(2026, 6, 1)), ("stair_rail", date(2030, 6, 1))):
        assert [one.debtors for one in found(element, on, tenure)[0]] == [(CONTRACTOR,)]


def test_the_firm_that_built_it_is_a_debtor_although_the_vendor_leads() -> None:
    running = [Running(Regime.BIENNALE, VENDOR, date(2027, 1, 15), (CONTRACTOR,))]
    firm = Firm("pty_1", "contractor", frozenset({"biennale"}))
    claim = claim_of(VENDOR, running, "broken", firm, PARIS)
    assert claim is not None
    assert sorted(claim.debtors) == ["contractor", "vendor"]
    assert (claim.lead, claim.party) == ("vendor", "pty_1")


def test_the_homes_file_names_both_once() -> None:
    shown = windows(File(reception_on=RECEPTION, livraison_on=KEYS, moved_in_on=KEYS), VEFA, date(2026, 6, 1))
    named = {one.code: one for one in shown if one.code in ("biennale", "decennale")}
    assert len([one for one in shown if one.code == "biennale"]) == 1
    for code in ("biennale", "decennale"):
        told = window_out(named[code], date(2026, 6, 1), "fr")
        assert (told.debtor, told.also_owed_by) == (VENDOR, [CONTRACTOR])
        assert "vendeur" in told.debtor_label
        assert "entreprise" in told.debtor_label
        assert "vendeur" in told.what_to_do
    other = windows(File(reception_on=RECEPTION), Tenure.CO_OWNER, date(2026, 6, 1))
    assert [(one.debtor, one.also) for one in other if one.code == "biennale"] == [(CONTRACTOR, ())]


def test_a_claim_secured_on_one_of_the_two_is_a_window_saved() -> None:
    end = OPENED + timedelta(days=31)
    clock = Clock("biennale", "legal", end, None, "vendor", ("contractor",))
    secured = Act("secure_claim", "staff", OPENED + timedelta(days=3), debtor="contractor")
    assert is_saved(Story("Les Aulnes", OPENED, [secured], [clock]), clock)
    written = Act("notify_debtor", "staff", OPENED + timedelta(days=3), debtor="contractor", notice="not_1")
    assert not is_lost(Story("Les Aulnes", OPENED, [written], [clock]), clock, end + timedelta(days=1))
    assert is_lost(Story("Les Aulnes", OPENED, [], [clock]), clock, end + timedelta(days=1))
