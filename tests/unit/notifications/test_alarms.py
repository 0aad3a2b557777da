"""What cannot wait reaches a person of the cooperative whatever its people prefer; the rest is gathered."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.codes import Category, Channel, Role
from services.aftersales.business_calendar import BusinessCalendar
from services.aftersales.digests import digest_at
from services.kit.registry import Staff
from services.notifications.alarms import added, is_theirs_to_leave
from services.notifications.channels import to_mail
from services.notifications.letters import Letter, Reader, write

PEOPLE = st.lists(st.sampled_from(["per_a", "per_b", "per_c", "per_d"]), unique=True)
PARIS = ZoneInfo("Europe/Paris")


@given(PEOPLE, PEOPLE, PEOPLE)
def test_where_anybody_can_be_reached_a_danger_is_mailed_to_somebody(
    concerned: list[str], reachable: list[str], refusing: list[str]
) -> None:
    mailed = to_mail(concerned, reachable, refusing)
    assert bool(mailed) == bool(reachable)
    assert set(mailed) <= set(reachable)
    willing = set(reachable) - set(refusing)
    assert not willing or set(mailed) <= willing


def test_those_concerned_come_first_then_others_then_whoever_there_is() -> None:
    assert to_mail(["per_a"], ["per_a", "per_b"], []) == ["per_a"]
    assert to_mail(["per_a"], ["per_a", "per_b"], ["per_a"]) == ["per_b"]
    assert to_mail(["per_a"], ["per_a", "per_b"], ["per_a", "per_b"]) == ["per_a", "per_b"]
    assert to_mail(["per_a"], [], []) == []


def test_the_mail_about_dangers_is_for_staff_to_leave_and_nothing_else_is() -> None:
    assert is_theirs_to_leave(Category.SAFETY, Channel.EMAIL, Role.STAFF)
    assert not is_theirs_to_leave(Category.SAFETY, Channel.IN_APP, Role.STAFF)
    assert not is_theirs_to_leave(Category.SAFETY, Channel.EMAIL, Role.RESIDENT)
    assert not is_theirs_to_leave(Category.LEGAL, Channel.EMAIL, Role.STAFF)


def test_of_one_promise_only_the_latest_threshold_stays_in_the_line() -> None:
    half = {"ticket": "tkt_1", "kind": "repair", "percent": 50}
    most = {**half, "percent": 80}
    other = {"ticket": "tkt_2", "kind": "repair", "percent": 50}
    assert added(added([half], other), most) == [other, most]


@pytest.mark.parametrize(
    ("now", "told"),
    [
        (datetime(2026, 11, 2, 7, 0, tzinfo=UTC), datetime(2026, 11, 2, 8, 30, tzinfo=UTC)),
        (datetime(2026, 11, 2, 8, 20, tzinfo=UTC), datetime(2026, 11, 2, 8, 30, tzinfo=UTC)),
        (datetime(2026, 11, 2, 8, 30, tzinfo=UTC), datetime(2026, 11, 3, 8, 30, tzinfo=UTC)),
        (datetime(2026, 11, 6, 15, 0, tzinfo=UTC), datetime(2026, 11, 9, 8, 30, tzinfo=UTC)),
    ],
)
def test_what_can_wait_is_mailed_once_a_day_soon_after_the_cooperative_opens(
    now: datetime, told: datetime
) -> None:
    hours = ((time(9), time(12)), (time(14), time(17)))
    calendar = BusinessCalendar(PARIS, dict.fromkeys(range(5), hours), None)
    assert digest_at(calendar, now) == told


def test_a_calendar_that_is_never_open_is_an_error() -> None:
    with pytest.raises(ValueError, match="never open"):
        digest_at(BusinessCalendar(PARIS, {}, None, frozenset({date(2026, 11, 2)})), datetime.now(UTC))


CONTACT = Staff("per_1", "Équipe 3", "04 00 00 00 00", "staff", None)


def said(template: str, *items: dict[str, object], language: str = "fr", at: str = "2026-12-08") -> Letter:
    reader = Reader("Foyer 12", language, "Europe/Paris", "Les Tilleuls", CONTACT)
    return write(template, "tkt_1", items, reader, datetime.fromisoformat(at + "T09:00:00+00:00"))


CHANGED: dict[str, object] = {"number": 12, "element": "tap", "state": "assigned", "action": "start"}
WINDOW = {"appointment_at": "2026-12-10T07:00:00+00:00", "appointment_until": "2026-12-10T09:00:00+00:00"}


def test_a_visit_is_told_with_both_its_ends() -> None:
    made = said("ticket_changed", {**CHANGED, **WINDOW, "action": "schedule"})
    assert "jeudi 10 décembre entre 08:00 et 10:00" in made.subject
    assert "entre 08:00 et 10:00" in made.text
    english = said("ticket_changed", {**CHANGED, **WINDOW, "action": "visit_reminder"}, language="en")
    assert "between 08:00 and 10:00" in english.text


def test_changing_a_visit_by_oneself_is_offered_only_while_it_can_be_done() -> None:
    facts = {**CHANGED, **WINDOW, "action": "schedule"}
    early = said("ticket_changed", {**facts, "change_until": "2026-12-09T07:00:00+00:00"})
    assert "jusqu’au mercredi 9 décembre à 08:00" in early.text
    late = said("ticket_changed", {**facts, "change_until": None})
    assert "appelez Équipe 3 au 04 00 00 00 00" in late.text
    assert "Changez-la" not in late.text


def test_a_visit_to_the_shared_parts_asks_nobody_to_open() -> None:
    made = said("ticket_changed", {**CHANGED, **WINDOW, "action": "schedule", "at_home": False})
    assert "ouvrir" not in made.text
    assert "pas besoin d’être là" in made.text


@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_day_of_another_year_carries_its_year(language: str) -> None:
    alarm = {"number": 13, "kind": "biennale", "clock": "legal", "due_at": "2028-01-01T22:59:00+00:00",
             "percent": 50, "ticket": "tkt_1"}  # fmt: skip
    assert "2028" in said("deadline_near", alarm, language=language, at="2027-01-04").text
    assert "2028" not in said("deadline_near", alarm, language=language, at="2028-01-01").text
    assert "2026" in said("ticket_changed", {**CHANGED, **WINDOW, "action": "schedule"}, at="2027-01-01").text


def test_half_done_work_is_told_as_such_with_what_remains() -> None:
    facts = {
        **CHANGED,
        "action": "finish",
        "state": "done",
        "outcome": "partly",
        "remark": "Reste une couche",
    }
    made = said("ticket_changed", facts)
    assert "une partie est faite" in made.subject
    assert "« Reste une couche »" in made.text
    assert "Les travaux sont faits" not in made.text
    assert "clic" not in made.text


@pytest.mark.parametrize("outcome", ["partly", "fixed", None])
def test_where_signatures_count_no_click_that_is_refused_is_offered(outcome: str | None) -> None:
    made = said(
        "ticket_changed",
        {**CHANGED, "action": "finish", "state": "done", "outcome": outcome, "is_signed": True},
    )
    assert "signatures" in made.text
    assert "clic" not in made.text


def test_the_household_is_told_who_comes_and_that_the_letter_left() -> None:
    assert (
        "Bati Neuf vous propose des rendez-vous"
        in said("ticket_changed", {**CHANGED, "action": "assign", "firm": "Bati Neuf", "slots": 0}).text
    )
    assert (
        "Choisissez un rendez-vous"
        in said("ticket_changed", {**CHANGED, "action": "assign", "firm": None, "slots": 2}).text
    )
    assert (
        "nous avons écrit au vendeur"
        in said("ticket_changed", {**CHANGED, "action": "notify_debtor", "debtor": "vendor"}).subject
    )


def test_no_internal_word_for_a_state_is_written_to_a_household() -> None:
    for action in ("notify_debtor", "assign", "message", "resume", "sign_off", "other"):
        for state in ("qualified", "assigned", "acknowledged"):
            text = said("ticket_changed", {**CHANGED, "action": action, "state": state}).text
            assert "examinée" not in text.lower()
            assert "où elle en est" not in text.lower()


def test_what_is_the_household_s_own_to_do_says_what_it_can_do() -> None:
    own = {"number": 12, "element": "tap", "symptom": "leak", "priority": "p4", "responsible": "resident",
           "first_answer_due_at": None}  # fmt: skip
    alone = said("ticket_opened", own).text
    assert "rien à faire" not in alone
    assert "une personne relit la décision" in alone
    both = said("ticket_opened", own, {**own, "number": 13, "responsible": "cooperative"}).text
    assert "Pour la demande n° 12" in both
    assert "Pour le reste, vous n’avez rien à faire" in both


@pytest.mark.parametrize("template", ["incident", "incident_news", "incident_resolved"])
def test_words_in_one_language_only_are_told_as_such(template: str) -> None:
    facts = {"symptom": "no_heat", "family": "heating", "text_fr": "La pièce arrive.", "expected_at": None}
    french_only = said(template, {**facts, "text_en": None}, language="en").text
    assert "(in French, as the cooperative wrote it) La pièce arrive." in french_only
    assert "in French" not in said(template, {**facts, "text_en": "The part is coming."}, language="en").text


def test_a_danger_and_a_digest_name_numbers_and_nobody() -> None:
    item = {"number": 12, "element": "electric_hazard", "symptom": "danger", "priority": "p0",
            "first_answer_due_at": "2026-12-08T22:19:00+00:00"}  # fmt: skip
    danger = said("staff_danger", item)
    assert danger.subject == "Danger signalé : demande n° 12"
    assert "à rappeler au plus tard le mardi 8 décembre à 23:19" in danger.text
    assert danger.path == "/desk/tkt_1"
    alarm = {"number": 12, "kind": "repair", "clock": "service", "due_at": "2026-12-10T07:00:00+00:00",
             "percent": 80, "ticket": "tkt_1"}  # fmt: skip
    many = said("deadline_near", {**alarm, "alarms": [alarm, {**alarm, "number": 13, "percent": 100}]})
    assert many.subject == "2 échéances proches, dont 1 dépassée"
    assert many.path == "/desk?show=all&numbers=12,13"
