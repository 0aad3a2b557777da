"""Letters: complete in both languages, escaped in HTML only, with the right headers."""

from datetime import UTC, datetime
from itertools import product
from typing import Any

import pytest

from contracts.codes import Category, Responsible
from services.aftersales.lifecycle import STATES, TABLE
from services.kit.registry import Staff
from services.notifications import letters, unsubscribing
from services.notifications.compose import compose, message_id
from services.notifications.letters import Letter, Reader, write

PUBLIC = "https://palier.test"
TICKET = {
    "number": 12, "place": "kitchen", "element": "tap", "symptom": "leak", "priority": "p3",
    "responsible": "cooperative", "team": "plumbing", "first_answer_due_at": "2026-11-02T09:00:00+00:00",
}  # fmt: skip
TIP = {
    "eur_year": "175.29", "kwh_year": 876, "night_floor_w": 182, "cost_eur_year": "319.02",
    "offpeak_share_percent": 22.3, "subscribed_kva": 9, "next_kva": 6, "highest_kva": 3.4, "days_at_limit": 4,
}  # fmt: skip

WRITTEN = datetime(2026, 11, 2, tzinfo=UTC)


def reader(language: str, name: str = "Foyer 12", contact: bool = True) -> Reader:
    staff = Staff("per_1", "Équipe 3", "04 00 00 00 00", "caretaker", None) if contact else None
    return Reader(name, language, "Europe/Paris", "Les Tilleuls", staff)


def letter(template: str, *items: dict[str, Any], language: str = "fr", **how: Any) -> Letter:
    return write(template, "tkt_1", items, reader(language, **how), WRITTEN, PUBLIC)


MOVES = [*((name, row.to) for name, row in TABLE.items()), *(("", one) for one in STATES)]
CASES: list[tuple[str, dict[str, Any]]] = [
    ("welcome", {"moved_in_on": "2026-11-01"}),
    ("incident", {"symptom": "no_heat"}),
    *[
        (template, {"symptom": "no_heat", "family": "heating", "text_fr": words, "text_en": None,
                    "expected_at": expected})
        for template in ("incident", "incident_news", "incident_resolved", "incident_proposed")
        for words, expected in [("Il arrive.", "2026-11-02T09:00:00+00:00"), ("Encore froid.", None)]
    ],
    ("deadline_near", {"number": 1, "kind": "repair", "due_at": "2026-11-02T09:00:00+00:00", "percent": 80}),
    ("deadline_near", {"number": 1, "kind": "repair", "due_at": "2026-11-02T09:00:00+00:00", "percent": 100}),
    ("check_in", {"kind": "d9", "windows": ["edl_completion"], "ends_on": "2026-11-12"}),
    ("check_in", {"kind": "m11", "windows": ["parfait_achevement", "acoustique"], "ends_on": None}),
    *[
        ("inspection_signed", {"kind": kind, "held_on": "2026-11-02", "findings": count,
                               "is_amendment": added})
        for kind, count, added in [
            ("livraison", 2, False), ("etat_des_lieux", 0, False), ("etat_des_lieux", 1, True),
        ]
    ],
    *[("ticket_opened", {**TICKET, "responsible": one.value}) for one in Responsible],
    ("ticket_opened", {**TICKET, "priority": "p0", "first_answer_due_at": None}),
    ("ticket_opened", {**TICKET, "channel": "meter"}),
    *[
        ("ticket_changed", {"number": 1, "element": "tap", "action": action, "state": state,
                            "appointment_at": "2026-11-02T09:00:00+00:00"})
        for action, state in MOVES
    ],
    *[
        ("tip", {**TIP, "rule": rule, "variant": variant})
        for rule, variant in [
            ("standby_load", "strong"), ("offpeak_shift", "shift"), ("offpeak_shift", "base_is_cheaper"),
            ("offpeak_shift", "peak_offpeak_is_cheaper"), ("subscribed_power", "too_high"),
            ("subscribed_power", "too_low"),
        ]
    ],
]  # fmt: skip


@pytest.mark.parametrize(("case", "language", "contact"), list(product(CASES, ["fr", "en"], [True, False])))
def test_every_letter_can_be_written(case: tuple[str, dict[str, Any]], language: str, contact: bool) -> None:
    made = letter(case[0], case[1], language=language, contact=contact)
    assert made.subject
    assert "\n" not in made.subject
    assert "{" not in made.subject + made.text
    assert made.path is not None
    assert "[" not in made.text


def test_a_letter_says_what_we_know_what_next_by_when_and_whom_to_call() -> None:
    made = letter("ticket_opened", TICKET)
    assert made.subject == "Votre demande n° 12 est enregistrée"
    assert "Robinet, mitigeur (fuite)" in made.text
    assert "la coopérative s’en charge" in made.text
    assert "lundi 2 novembre à 10:00" in made.text  # local time, not UTC
    assert "04 00 00 00 00" in made.text
    assert made.path == "/tickets/tkt_1"


def test_what_comes_together_is_told_together() -> None:
    made = letter("ticket_opened", TICKET, {**TICKET, "number": 13, "element": "window"})
    assert made.subject == "Vos 2 demandes sont enregistrées"
    assert len(next(block.points for block in made.blocks if block.points)) == 2


def test_no_contact_is_not_an_empty_name() -> None:
    assert "None" not in letter("welcome", {"moved_in_on": "2026-11-01"}, contact=False).text


def mail(category: Category, name: str = "Foyer 12") -> Any:
    made = letter("tip", {**TIP, "rule": "standby_load", "variant": "notice"}, name=name)
    return compose(
        made,
        category=category,
        language="fr",
        coop="Les Tilleuls",
        to="foyer12@foyer.test",
        fixed_message_id=message_id("msg_1", PUBLIC),
        at=datetime(2026, 11, 2, tzinfo=UTC),
        public_url=PUBLIC,
        unsubscribe_url=f"{PUBLIC}/api/v1/unsubscribe/x",
    )


def test_only_html_is_escaped() -> None:
    message = mail(Category.TIPS, name="<b>A & B</b>")
    assert "<b>A & B</b>" in message.get_body(("plain",)).get_content()
    assert "&lt;b&gt;A &amp; B&lt;/b&gt;" in message.get_body(("html",)).get_content()


def test_a_tip_can_be_stopped_with_one_click_and_a_ticket_carries_no_such_header() -> None:
    tip, ticket = mail(Category.TIPS), mail(Category.TICKETS)
    assert tip["List-Unsubscribe"] == "<https://palier.test/api/v1/unsubscribe/x>"
    assert tip["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert ticket["List-Unsubscribe"] is None
    assert tip["Message-ID"] == "<msg_1@palier.test>"


def test_a_name_cannot_add_headers() -> None:
    message = mail(Category.TIPS, name="Foyer\nBcc: a@b.test")
    assert message["Bcc"] is None


def test_an_unsubscribe_address_cannot_be_made_for_another() -> None:
    token = unsubscribing.token(b"key", "tilleuls", "per_1")
    assert unsubscribing.read(b"key", token) == ("tilleuls", "per_1")
    assert unsubscribing.read(b"key", token.replace("per_1", "per_2")) is None
    assert unsubscribing.read(b"other", token) is None
    assert unsubscribing.read(b"key", "nonsense") is None


def test_a_code_newer_than_the_words_is_shown_rather_than_hidden() -> None:
    assert letters.label("symptoms", "leak", "fr") == "Fuite"
    assert letters.label("symptoms", "sound_of_bees", "fr") == "sound of bees"
