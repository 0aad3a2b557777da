"""The history tells what was done, by whom and in whose name, and how far a letter is shown to have gone."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from services.aftersales.lifecycle import TABLE
from services.aftersales.notices.model import Notice, NoticeProof
from services.aftersales.notices.queries import Written
from services.aftersales.parties.letters import KEPT, Proof
from services.aftersales.words import basis_of, codes, told, word

NOW = datetime(2026, 11, 16, 9, tzinfo=UTC)


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("action", ["submit", *TABLE])
def test_each_act_has_words_of_its_own_whatever_state_it_led_to(action: str, language: str) -> None:
    assert told(action, "staff", {"side": "contractor"}, language)
    assert not {"assigned", "scheduled"} & {told(action, "staff", {"side": "contractor"}, language).lower()}


@pytest.mark.parametrize(
    ("action", "role", "facts", "said"),
    [
        ("unschedule", "resident", {}, "Rendez-vous annulé"),
        ("missed", "resident", {"side": "contractor"}, "Rendez-vous manqué\u00a0: personne n'est venu"),
        ("missed", "contractor", {"side": "member"}, "Rendez-vous manqué\u00a0: personne n'a ouvert"),
        ("wait_access", "resident", {}, "L'habitant demande d'attendre"),
        ("assign", "staff", {}, "Travail confié"),
        (
            "qualify", "staff", {"priority_was": "p1", "priority": "p3"},
            "Demande examinée (Très urgent → Courant)",
        ),
    ],
)  # fmt: skip
def test_a_visit_called_off_is_not_work_given_out(
    action: str, role: str, facts: dict[str, Any], said: str
) -> None:
    assert told(action, role, facts, "fr") == said


@pytest.mark.parametrize("stored", ["decided_by_cooperative", "Décision de la coopérative"])
def test_what_a_decision_rests_on_is_said_in_the_readers_language(stored: str) -> None:
    assert basis_of(stored, "en") == "Decision of the cooperative"
    assert basis_of(stored, "fr") == "Décision de la coopérative"
    assert basis_of("C. civ. art. 1792-6", "en") == "C. civ. art. 1792-6"


def written(*kinds: str, answer: str | None = None, state: str = "sent", **more: bool) -> Written:
    """A letter with what is known of it."""
    day = date(2026, 11, 16)
    proofs = [
        NoticeProof(id=kind, coop="c", notice="n", kind=kind, on_day=day, recorded_by="p", recorded_at=NOW)
        for kind in kinds
    ]
    posted = None if answer is None else Proof(
        "ltr_1", state, "", (), NOW, NOW, None, "firm@firm.test", answer, None, None, None
    )  # fmt: skip
    return Written(Notice(), proofs, posted, ["tkt_1"], **more)


@pytest.mark.parametrize(
    ("letter", "level"),
    [
        (written(), "stored"),
        (written(answer="", state="queued"), "stored"),
        (written(answer=KEPT), "stored"),
        (written("accepted", answer=KEPT), "stored"),
        (written("accepted", answer=KEPT, is_sandbox=True), "kept"),
        (written(answer="250 2.0.0 Ok"), "sent"),
        (written("accepted", answer="250 2.0.0 Ok"), "sent"),
        (written("registered"), "sent"),
        (written("court_action"), "stored"),
        (written("registered", "delivered"), "proved"),
        (written("handed_over"), "proved"),
        (written("accepted", "answer"), "proved"),
        (written("commitment"), "proved"),
        (written("accepted", is_taken_up=True), "proved"),
        (written("accepted", "returned", answer="250 2.0.0 Ok"), "lost"),
        (written("returned", "answer"), "proved"),
        (written("not_sent"), "lost"),
    ],
)
def test_a_letter_is_stored_sent_or_proved_and_only_the_last_is_a_proof(letter: Written, level: str) -> None:
    assert letter.level == level
    assert letter.is_proved is (level == "proved")
    assert level in codes("notice_levels")
    assert word("notice_levels", level, "fr") != word("notice_levels", level, "en")
