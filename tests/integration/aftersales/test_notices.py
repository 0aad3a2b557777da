"""Written notices: stored before a firm is sent, sent and proved, and what alone stops a legal period."""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from services.aftersales import handlers
from services.aftersales.parties.letters import KEPT
from services.aftersales.parties.model import Party
from services.kit.ids import new_id
from tests.hours import an_hour_passes
from tests.integration.aftersales.conftest import MONDAY

if TYPE_CHECKING:
    from tests.integration.aftersales.conftest import Cooperative

pytestmark = pytest.mark.engines
NEW_HOME = {"reception_on": "2026-06-30"}


async def a_firm(aulnes: Cooperative, room_unit: Any, kind: str = "contractor", **more: Any) -> str:
    """A builder that answers for the first years of a building."""
    party = Party(
        **(
            {
                "id": new_id("pty"), "coop": aulnes.slug, "kind": kind, "name": f"Entreprise {kind}",
                "email": "contact@entreprise.test", "address": "1 rue du Chantier\n00000 Ville",
                "reference": "MARCHE-12", "trades": [], "buildings": [],
                "warranties": ["parfait_achevement", "biennale", "decennale"],
            } | more
        )
    )  # fmt: skip
    async with room_unit("aftersales", aulnes.slug) as unit:
        unit.session.add(party)
        await unit.session.flush()
        return party.id


async def a_reserve(aulnes: Cooperative, moved: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """A buyer's request under the builder's first year, looked into."""
    moved = moved or await aulnes.move_in("buyer_vefa", livraison_on="2026-09-01", home=NEW_HOME)
    ticket = await aulnes.open(moved["occupancy"], **({"element": "shutter", "symptom": "broken"} | more))
    for action in ("acknowledge", "qualify"):
        answer = await aulnes.act(ticket["id"], action)
        assert answer.status_code == 200, answer.text
    return dict(answer.json()) | {"moved": moved}


async def test_under_warranty_a_request_is_assigned_only_after_the_stored_notice(
    aulnes: Cooperative, room_unit: Any
) -> None:
    firm = await a_firm(aulnes, room_unit)
    ticket = await a_reserve(aulnes)
    assert ticket["responsible"] == "contractor"
    assert "assign" not in ticket["legal_actions"]
    refused = await aulnes.act(ticket["id"], "assign")
    assert refused.status_code == 409
    assert "notify_debtor" in refused.json()["legal_actions"]
    written = await aulnes.post(f"/tickets/{ticket['id']}/notices", {"words": "Lame centrale voilée."})
    assert written.status_code == 201, written.text
    notice = written.json()
    assert (notice["debtor"], notice["party"], notice["sent_by"]) == ("contractor", firm, "email")
    assert notice["regimes"] == ["biennale", "parfait_achevement"]
    assert (await aulnes.act(ticket["id"], "assign", party=firm)).json()["state"] == "assigned"
    document = await aulnes.get(f"/notices/{notice['id']}.pdf")
    assert document.headers["content-type"] == "application/pdf"
    assert sha256(document.content).hexdigest() == notice["sha256"]
    said = " ".join(notice["paragraphs"])
    for fact in (
        "30 juin 2027",
        "1792-6",
        "30 juin 2026",
        "Lame centrale voilée.",
        "MARCHE-12",
        "1er décembre 2026",
    ):
        assert fact in said, fact
    listed = (await aulnes.get(f"/tickets/{ticket['id']}/notices")).json()["notices"]
    assert [row["id"] for row in listed] == [notice["id"]]


async def test_the_action_alone_writes_the_letter_too(aulnes: Cooperative, room_unit: Any) -> None:
    ticket = await a_reserve(aulnes)
    assert (await aulnes.act(ticket["id"], "notify_debtor")).status_code == 200
    [notice] = (await aulnes.get(f"/tickets/{ticket['id']}/notices")).json()["notices"]
    assert (notice["addressee"], notice["sent_by"], notice["is_proved"]) == ("L'entreprise", "post", False)
    events = (await aulnes.get(f"/tickets/{ticket['id']}/history")).json()["events"]
    assert events[-1]["facts"]["notice"] == notice["id"]
    assert events[-1]["facts"]["sha256"] == notice["sha256"]
    assert events[2]["facts"]["dates"] == {
        "reception_on": "2026-06-30", "livraison_on": "2026-09-01", "moved_in_on": "2026-11-02",
        "noticed_on": "2026-11-16",
    }  # fmt: skip


async def test_a_tenants_new_home_is_repaired_at_once_and_claimed_beside(
    aulnes: Cooperative, room_unit: Any
) -> None:
    firm = await a_firm(aulnes, room_unit)
    moved = await aulnes.move_in(home=NEW_HOME)
    ticket = await aulnes.open(moved["occupancy"], element="water_pipe", symptom="leak")
    corrected = {"qualify": {"priority": "p3", "comment": "Un suintement, vu sur place."}}
    for action in ("acknowledge", "qualify"):
        answer = await aulnes.act(ticket["id"], action, **corrected.get(action, {}))
        assert answer.status_code == 200, answer.text
    for to in ({}, {"team": "proximity"}, {"party": firm}):
        unwritten = await aulnes.act(ticket["id"], "assign", **to)
        assert unwritten.status_code == 409, "no team and no firm before the letter"
        assert {"notify_debtor", "waive_notice"} <= set(unwritten.json()["legal_actions"])
    unchanged = (await aulnes.get(f"/tickets/{ticket['id']}")).json()
    assert unchanged["version"] == answer.json()["version"]
    assert (await aulnes.post(f"/tickets/{ticket['id']}/notices", {})).status_code == 201
    ours = (await aulnes.act(ticket["id"], "assign")).json()
    assert ours["state"] == "assigned", "repaired now by our own team, and claimed on the builder"
    assert {row["kind"]: row["met_at"] for row in ours["deadlines"]}["parfait_achevement"] is None
    assert (await aulnes.act(ticket["id"], "assign", party=firm)).status_code == 200


async def test_what_presses_is_begun_unwritten_and_its_letter_stays_due(aulnes: Cooperative) -> None:
    moved = await aulnes.move_in(home=NEW_HOME)
    ticket = await aulnes.open(moved["occupancy"], element="water_pipe", symptom="leak")
    assert ticket["priority"] in ("p0", "p1")
    for action in ("acknowledge", "qualify", "assign", "start"):
        answer = await aulnes.act(ticket["id"], action)
        assert answer.status_code == 200, answer.text
    assert [row["debtor"] for row in answer.json()["letters_due"]] == ["contractor"]
    clocks = {row["kind"]: row for row in answer.json()["deadlines"]}
    assert clocks["notice_contractor"]["met_at"] is None
    assert "notify_debtor" in answer.json()["legal_actions"]


async def test_who_makes_it_less_urgent_says_why_and_the_history_keeps_it(aulnes: Cooperative) -> None:
    moved = await aulnes.move_in(home=NEW_HOME)
    ticket = await aulnes.open(moved["occupancy"], element="water_pipe", symptom="leak")
    await aulnes.act(ticket["id"], "acknowledge")
    silent = await aulnes.act(ticket["id"], "qualify", priority="p3")
    assert (silent.status_code, silent.json()["errors"][0]["pointer"]) == (422, "/comment")
    legal = {row["kind"]: row["due_at"] for row in ticket["deadlines"] if row["clock"] == "legal"}
    said = await aulnes.act(ticket["id"], "qualify", priority="p3", comment="Une goutte par heure.")
    assert said.status_code == 200, said.text
    kept = (await aulnes.get(f"/tickets/{ticket['id']}/history")).json()["events"][-1]
    assert (kept["comment"], kept["facts"]["priority_was"], kept["facts"]["priority"]) == (
        "Une goutte par heure.", ticket["priority"], "p3",
    )  # fmt: skip
    now = {row["kind"]: row["due_at"] for row in said.json()["deadlines"] if row["clock"] == "legal"}
    assert now == legal, "legal dates are the rule's, whatever a person says of the urgency"


async def test_a_notice_to_one_firm_does_not_open_the_way_to_another_debtor(
    aulnes: Cooperative, room_unit: Any
) -> None:
    first = await a_firm(aulnes, room_unit)
    second = await a_firm(aulnes, room_unit, name="Entreprise seconde")
    ticket = await a_reserve(aulnes)
    await aulnes.post(f"/tickets/{ticket['id']}/notices", {"party": first})
    assert (await aulnes.act(ticket["id"], "assign", party=second)).status_code == 409
    assert (await aulnes.act(ticket["id"], "assign", party=first)).status_code == 200


async def a_buyer_in_the_first_month(aulnes: Cooperative, **more: Any) -> dict[str, Any]:
    """A visible defect two weeks after the keys: the vendor and the builder both owe it."""
    moved = await aulnes.move_in("buyer_vefa", livraison_on="2026-11-02", home=NEW_HOME)
    ticket = await a_reserve(aulnes, moved, **more)
    assert ticket["responsible"] == "vendor"
    return ticket


async def test_a_letter_to_one_debtor_is_none_to_the_other(aulnes: Cooperative, room_unit: Any) -> None:
    firm = await a_firm(aulnes, room_unit)
    ticket = await a_buyer_in_the_first_month(aulnes)
    path = f"/tickets/{ticket['id']}"
    assert [row["debtor"] for row in ticket["letters_due"]] == ["vendor", "contractor"]
    assert [row["write_by_on"] for row in ticket["letters_due"]] == ["2026-12-02", "2027-06-30"]
    await aulnes.act(ticket["id"], "notify_debtor", debtor="contractor")
    refused = await aulnes.act(ticket["id"], "assign", team="warranty")
    assert refused.status_code == 409, "the vendor acts first and has no letter"
    assert "notify_debtor" in refused.json()["legal_actions"]
    given = (await aulnes.act(ticket["id"], "assign", party=firm)).json()
    assert given["state"] == "assigned", "the firm owes it itself and was written to"
    [due] = given["letters_due"]
    assert (due["debtor"], due["write_by_on"]) == ("vendor", "2026-12-02")
    clocks = {row["kind"]: row for row in given["deadlines"]}
    assert clocks["apparent_list"]["met_at"] is None
    assert clocks["notice_contractor"]["met_at"] is not None
    written = (await aulnes.act(ticket["id"], "notify_debtor")).json()
    assert written["letters_due"] == []
    letters = (await aulnes.get(f"{path}/notices")).json()["notices"]
    assert {row["debtor"] for row in letters} == {"vendor", "contractor"}
    assert {row["kind"]: row for row in written["deadlines"]}["apparent_list"]["met_at"] is not None


async def test_a_mise_en_demeure_recalls_the_civil_day_of_the_letter_to_the_same_debtor(
    aulnes: Cooperative, room_unit: Any
) -> None:
    await a_firm(aulnes, room_unit)
    ticket = await a_buyer_in_the_first_month(aulnes)

    async def formal(debtor: str) -> str:
        body = {"kind": "formal", "debtor": debtor}
        written = await aulnes.post(f"/tickets/{ticket['id']}/notices", body)
        assert written.status_code == 201, written.text
        return " ".join(written.json()["paragraphs"])

    late = MONDAY.replace(day=17, hour=0, minute=30)  # half past eleven of the 16th, UTC
    await aulnes.now(late)
    notice = await aulnes.post(f"/tickets/{ticket['id']}/notices", {"debtor": "contractor"})
    assert notice.status_code == 201, notice.text
    early = {"kind": "answer", "on": "2026-11-16", "note": "Bien reçu."}
    refused = await aulnes.post(f"/notices/{notice.json()['id']}/proofs", early)
    assert refused.status_code == 422, refused.text
    assert refused.json()["errors"][0]["code"] == "before_the_notice"
    await aulnes.now(MONDAY + timedelta(days=9))
    assert "notification du 17 novembre" in await formal("contractor")
    assert "notification du" not in await formal("vendor"), "the vendor was never written to"


async def test_a_letter_that_is_due_goes_only_with_a_persons_reason(
    aulnes: Cooperative, room_unit: Any
) -> None:
    await a_firm(aulnes, room_unit)
    ticket = await a_buyer_in_the_first_month(aulnes)
    bare = await aulnes.act(ticket["id"], "waive_notice", debtor="vendor")
    assert (bare.status_code, bare.json()["errors"][0]["pointer"]) == (422, "/comment")
    nobody = await aulnes.act(ticket["id"], "waive_notice", comment="Nous sommes le vendeur.")
    assert (nobody.status_code, nobody.json()["errors"][0]["pointer"]) == (422, "/debtor")
    waived = await aulnes.act(
        ticket["id"], "waive_notice", debtor="vendor", comment="Nous sommes le vendeur."
    )
    assert [row["debtor"] for row in waived.json()["letters_due"]] == ["contractor"]
    clocks = {row["kind"]: row for row in waived.json()["deadlines"]}
    assert clocks["apparent_list"]["met_at"] is not None
    again = await aulnes.act(ticket["id"], "waive_notice", debtor="vendor", comment="Encore.")
    assert again.status_code == 409
    assert (await aulnes.act(ticket["id"], "assign")).status_code == 409, "no letter, no work"
    events = (await aulnes.get(f"/tickets/{ticket['id']}/history")).json()["events"]
    assert events[-1]["facts"] == {"debtor": "vendor", "named": aulnes.agent}


async def test_another_firm_repairs_in_the_debtors_place_after_a_mise_en_demeure_without_effect(
    aulnes: Cooperative, room_unit: Any
) -> None:
    await a_firm(aulnes, room_unit)
    other = await a_firm(aulnes, room_unit, name="Entreprise de passage", warranties=[])
    ticket = await a_reserve(aulnes)
    assert (await aulnes.act(ticket["id"], "notify_debtor")).status_code == 200
    early = await aulnes.act(ticket["id"], "assign", party=other)
    assert early.status_code == 409
    assert "mise en demeure" in early.json()["title"]
    assert {"notify_debtor", "set_formal_aside"} <= set(early.json()["legal_actions"])
    formal = await aulnes.act(ticket["id"], "notify_debtor", kind="formal")
    assert formal.status_code == 200, formal.text
    assert (await aulnes.act(ticket["id"], "assign", party=other)).status_code == 409, "its time runs"
    await aulnes.now(MONDAY + timedelta(days=9))
    assert (await aulnes.act(ticket["id"], "assign", party=other)).json()["state"] == "assigned"


async def test_a_written_commitment_answers_the_mise_en_demeure(aulnes: Cooperative, room_unit: Any) -> None:
    await a_firm(aulnes, room_unit)
    other = await a_firm(aulnes, room_unit, name="Entreprise de passage", warranties=[])
    ticket = await a_reserve(aulnes)
    await aulnes.act(ticket["id"], "notify_debtor", kind="formal")
    await aulnes.act(
        ticket["id"], "secure_claim", secured_by="commitment", debtor="contractor", comment="Le 4 décembre."
    )
    await aulnes.now(MONDAY + timedelta(days=9))
    assert (await aulnes.act(ticket["id"], "assign", party=other)).status_code == 409


async def test_danger_waits_for_no_letter_and_has_them_all_the_same(
    aulnes: Cooperative, room_unit: Any
) -> None:
    await a_firm(aulnes, room_unit)
    other = await a_firm(aulnes, room_unit, name="Dépannage 24", warranties=[])
    ticket = await a_buyer_in_the_first_month(aulnes, element="fuse_board", symptom="danger")
    assert (await aulnes.act(ticket["id"], "make_safe")).status_code == 200
    assert (await aulnes.act(ticket["id"], "assign", party=other)).status_code == 200, "at once"
    unknown = await aulnes.act(ticket["id"], "set_formal_aside", reason="because", comment="Danger.")
    assert (unknown.status_code, unknown.json()["errors"][0]["pointer"]) == (422, "/reason")
    assert (await aulnes.get(f"/tickets/{ticket['id']}/notices")).json()["notices"] == []
    aside = await aulnes.act(ticket["id"], "set_formal_aside", reason="danger", comment="Fils dénudés.")
    assert aside.status_code == 200, aside.text
    letters = (await aulnes.get(f"/tickets/{ticket['id']}/notices")).json()["notices"]
    assert {row["debtor"] for row in letters} == {"vendor", "contractor"}
    events = (await aulnes.get(f"/tickets/{ticket['id']}/history")).json()["events"]
    assert [row["action"] for row in events[-4:]] == [
        "assign", "notify_debtor", "notify_debtor", "set_formal_aside",
    ]  # fmt: skip
    assert {row["occurred_at"] for row in events} == {events[0]["occurred_at"]}, "within the same minute"


async def test_no_firm_is_slipped_in_with_another_step(aulnes: Cooperative, room_unit: Any) -> None:
    firm = await a_firm(aulnes, room_unit)
    moved = await aulnes.move_in(home=NEW_HOME)
    ticket = (await aulnes.open(moved["occupancy"], element="water_pipe", symptom="leak"))["id"]
    for action in ("acknowledge", "qualify", "assign"):
        await aulnes.act(ticket, action)
    slipped = await aulnes.act(ticket, "estimate", cost_cents=100, party=firm)
    assert (slipped.status_code, slipped.json()["errors"][0]["pointer"]) == (422, "/party")


async def test_several_reserves_of_one_home_go_into_one_letter(aulnes: Cooperative, room_unit: Any) -> None:
    await a_firm(aulnes, room_unit)
    one = await a_reserve(aulnes)
    two = await a_reserve(aulnes, one["moved"], element="window", symptom="stuck")
    elsewhere = await a_reserve(aulnes)
    refused = await aulnes.post(
        f"/tickets/{one['id']}/notices", {"kind": "reserves", "also": [elsewhere["id"]]}
    )
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/also/0")
    assert (await aulnes.get(f"/tickets/{one['id']}/notices")).json()["notices"] == []
    written = await aulnes.post(f"/tickets/{one['id']}/notices", {"kind": "reserves", "also": [two["id"]]})
    assert sorted(written.json()["tickets"]) == sorted([one["id"], two["id"]])
    for ticket in (one, two):
        assert (await aulnes.act(ticket["id"], "assign")).status_code == 200


async def test_a_notice_does_not_stop_the_year_a_written_commitment_does(
    aulnes: Cooperative, room_unit: Any
) -> None:
    await a_firm(aulnes, room_unit)
    ticket = await a_reserve(aulnes)

    async def year() -> dict[str, Any]:
        shown = (await aulnes.get(f"/tickets/{ticket['id']}")).json()
        return next(row for row in shown["deadlines"] if row["kind"] == "parfait_achevement")

    notice = (await aulnes.post(f"/tickets/{ticket['id']}/notices", {"kind": "formal"})).json()
    assert notice["sent_by"] == "registered"
    assert (await year())["met_at"] is None
    path = f"/notices/{notice['id']}/proofs"
    for body, pointer in (
        ({"kind": "registered", "on": "2026-11-16"}, "/reference"),
        ({"kind": "registered", "on": "2026-11-17", "reference": "1A 1"}, "/on"),
        ({"kind": "commitment", "on": "2026-11-16"}, "/note"),
        ({"kind": "accepted", "on": "2026-11-16"}, "/kind"),
    ):
        refused = await aulnes.post(path, body)
        assert refused.status_code == 422
        assert pointer in [row["pointer"] for row in refused.json()["errors"]]
    posted = await aulnes.post(path, {"kind": "registered", "on": "2026-11-16", "reference": "1A 123 456"})
    assert posted.status_code == 201
    assert (await year())["met_at"] is None
    await aulnes.now(MONDAY + timedelta(days=3))
    committed = {"kind": "commitment", "on": "2026-11-19", "note": "Intervention le 2 décembre."}
    assert (await aulnes.post(path, committed)).status_code == 201
    assert (await year())["met_at"] is not None
    [kept] = (await aulnes.get(f"/tickets/{ticket['id']}/notices")).json()["notices"]
    assert [row["kind"] for row in kept["proofs"]] == ["registered", "commitment"]


async def test_the_insurers_periods_run_from_the_day_it_received_the_declaration(
    aulnes: Cooperative, room_unit: Any
) -> None:
    await a_firm(aulnes, room_unit, "insurer", name="Assureur DO", warranties=[], reference="POLICE-7")
    ticket = await a_reserve(aulnes, element="window", symptom="leak")
    early = await aulnes.post(f"/tickets/{ticket['id']}/notices", {"kind": "insurer"})
    assert early.status_code == 409, "in the first year the firm is put on notice before the insurer"
    assert {"notify_debtor", "set_formal_aside"} <= set(early.json()["legal_actions"])
    aside = await aulnes.act(
        ticket["id"], "set_formal_aside", reason="damage_spreads", comment="L'eau gagne le plancher."
    )
    assert aside.status_code == 200, aside.text
    written = await aulnes.post(f"/tickets/{ticket['id']}/notices", {"kind": "insurer"})
    assert written.status_code == 201, written.text
    notice = written.json()
    assert notice["sent_by"] == "registered"
    assert "POLICE-7" in " ".join(notice["paragraphs"])
    await aulnes.now(MONDAY + timedelta(days=4))
    await aulnes.post(
        f"/notices/{notice['id']}/proofs", {"kind": "delivered", "on": "2026-11-18", "reference": "AR 9"}
    )
    clocks = {row["kind"]: row for row in (await aulnes.get(f"/tickets/{ticket['id']}")).json()["deadlines"]}
    assert clocks["do_position"]["due_at"] == "2027-01-17T23:59:59+01:00"
    shown = (await aulnes.get(f"/tickets/{ticket['id']}")).json()
    assert shown["responsible"] == "contractor"


async def test_the_mail_servers_answer_is_kept_as_proof(aulnes: Cooperative, room_unit: Any) -> None:
    await a_firm(aulnes, room_unit)
    ticket = await a_reserve(aulnes)
    notice = (await aulnes.post(f"/tickets/{ticket['id']}/notices", {})).json()
    assert notice["sending"]["state"] == "queued"
    async with room_unit("aftersales", aulnes.slug) as unit:
        await unit.session.execute(
            text(
                "UPDATE aftersales.letter SET state = 'sent', sent_at = :now, answer = '250 2.0.0 Ok',"
                " sent_to = 'contact@entreprise.test' WHERE about = :ticket"
            ),
            {"now": MONDAY, "ticket": ticket["id"]},
        )
    for _ in range(2):
        await an_hour_passes(room_unit, "aftersales", handlers.an_hour, MONDAY)
    [kept] = (await aulnes.get(f"/tickets/{ticket['id']}/notices")).json()["notices"]
    assert [(row["kind"], row["note"]) for row in kept["proofs"]] == [("accepted", "250 2.0.0 Ok")]
    assert (kept["level"], kept["is_proved"]) == ("sent", False), "a server's yes shows that it left"
    answer = {"kind": "answer", "on": "2026-11-16", "note": "Nous venons jeudi."}
    assert (await aulnes.post(f"/notices/{notice['id']}/proofs", answer)).status_code == 201
    [arrived] = (await aulnes.get(f"/tickets/{ticket['id']}/notices")).json()["notices"]
    assert (arrived["level"], arrived["is_proved"]) == ("proved", True)


async def test_a_letter_that_never_left_the_machine_is_stored_and_no_more(
    aulnes: Cooperative, room_unit: Any
) -> None:
    """Without a relay, or in a trial, it lies in the embedded mailbox; work may begin all the same."""
    firm = await a_firm(aulnes, room_unit)
    ticket = await a_reserve(aulnes)
    written = await aulnes.post(f"/tickets/{ticket['id']}/notices", {})
    assert written.json()["level"] == "stored"
    async with room_unit("aftersales", aulnes.slug) as unit:
        await unit.session.execute(
            text(
                "UPDATE aftersales.letter SET state = 'sent', sent_at = :now, answer = :kept"
                " WHERE about = :ticket"
            ),
            {"now": MONDAY, "ticket": ticket["id"], "kept": KEPT},
        )
    await an_hour_passes(room_unit, "aftersales", handlers.an_hour, MONDAY)
    [shown] = (await aulnes.get(f"/tickets/{ticket['id']}/notices")).json()["notices"]
    assert (shown["level"], shown["is_proved"]) == ("kept", False)
    assert shown["level_label"].startswith(("Gardée dans la boîte de cet essai", "Kept in the mailbox"))
    assert (await aulnes.act(ticket["id"], "assign", party=firm)).status_code == 200


async def test_a_household_reads_what_was_written_for_it_and_nobody_elses(
    aulnes: Cooperative, room_unit: Any
) -> None:
    ticket = await a_reserve(aulnes)
    me = aulnes.resident(ticket["moved"]["persons"][0]["id"])
    stranger = aulnes.resident((await aulnes.move_in())["persons"][0]["id"])
    notice = (await aulnes.post(f"/tickets/{ticket['id']}/notices", {})).json()
    assert (await aulnes.get(f"/notices/{notice['id']}.pdf", me)).status_code == 200
    assert (await aulnes.get(f"/notices/{notice['id']}.pdf", stranger)).status_code == 404
    assert (await aulnes.get(f"/tickets/{ticket['id']}/notices", stranger)).status_code == 404
    assert (await aulnes.post(f"/tickets/{ticket['id']}/notices", {}, me)).status_code == 403


async def test_what_was_written_cannot_be_changed(aulnes: Cooperative, room_unit: Any) -> None:
    ticket = await a_reserve(aulnes)
    await aulnes.post(f"/tickets/{ticket['id']}/notices", {})
    with pytest.raises(DBAPIError, match="permission denied"):
        async with room_unit("aftersales", aulnes.slug) as unit:
            await unit.session.execute(text("UPDATE aftersales.notice SET subject = 'Autre'"))


async def test_reserves_are_signed_by_both_and_silence_says_nothing(
    aulnes: Cooperative, room_unit: Any
) -> None:
    ticket = await a_reserve(aulnes)
    me = aulnes.resident(ticket["moved"]["persons"][0]["id"])
    await aulnes.post(f"/tickets/{ticket['id']}/notices", {})
    for action in ("assign", "start", "finish"):
        assert (await aulnes.act(ticket["id"], action)).status_code == 200
    for days in (20, 40, 60):
        await aulnes.now(MONDAY + timedelta(days=days))
        await an_hour_passes(room_unit, "aftersales", handlers.an_hour, MONDAY)
    assert (await aulnes.get(f"/tickets/{ticket['id']}")).json()["state"] == "done"
    assert (await aulnes.act(ticket["id"], "confirm", me)).status_code == 409
    assert (await aulnes.act(ticket["id"], "sign_off")).json()["state"] == "done"
    assert (await aulnes.act(ticket["id"], "sign_off")).status_code == 409
    signed = await aulnes.act(ticket["id"], "sign_off", me)
    assert signed.json()["state"] == "resolved"
