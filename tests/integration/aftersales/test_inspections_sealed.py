"""What both signed stands, whatever becomes of its document; and what an erased household leaves of it."""

from __future__ import annotations

import base64
import hashlib
import html
import re
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from contracts.codes import Role
from services.aftersales import personal
from services.aftersales.inspections import document, locking, preparing
from tests.integration.aftersales.test_inspections import Inspecting, inspecting, signed, words_of
from tests.integration.aftersales.test_pages import Browser
from tests.pictures import drawn, photo

if TYPE_CHECKING:
    from tests.integration.aftersales.conftest import Cooperative

pytestmark = pytest.mark.engines


async def just_signed(aulnes: Cooperative, kind: str = "etat_des_lieux") -> Inspecting:
    """Both have signed; nobody has made the document yet."""
    found = await inspecting(aulnes, kind)
    assert (await found.find("room-kitchen", "finding-1", photo())).status_code == 303
    await found.go_through()
    assert (await found.sign("household")).status_code == 303
    assert (await found.sign("cooperative")).status_code == 303
    return found


async def due_again(aulnes: Cooperative) -> None:
    async with aulnes.room_unit("aftersales") as unit:
        await unit.session.execute(
            text("UPDATE aftersales.inspection_document SET not_before = now() WHERE coop = :coop"),
            {"coop": aulnes.slug},
        )


async def test_the_signatures_stand_while_the_document_is_being_made(aulnes: Cooperative) -> None:
    tenant = await just_signed(aulnes)
    page = (await tenant.household.get(tenant.path)).text
    assert "est en préparation" in page
    assert 'hx-trigger="load delay:1500ms"' in page
    assert "Signé des deux côtés" in page
    listed = (await aulnes.get(f"/occupancies/{tenant.moved['occupancy']}/inspections")).json()
    [summary] = listed["inspections"]
    assert (summary["is_preparing"], summary["documents"], summary["sha256"]) == (True, [], None)
    assert summary["signed_at"] is not None
    await tenant.prepared()
    page = (await tenant.household.get(tenant.path)).text
    assert "est en préparation" not in page
    assert "hx-trigger" not in page.split('id="inspection"')[1].split(">")[0]
    [summary] = (await aulnes.get(f"/occupancies/{tenant.moved['occupancy']}/inspections")).json()[
        "inspections"
    ]
    assert (summary["is_preparing"], summary["sha256"]) == (False, summary["documents"][0]["sha256"])


async def test_a_document_that_fails_is_tried_again_and_no_signature_is_lost(
    aulnes: Cooperative, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    tenant = await just_signed(aulnes)
    with monkeypatch.context() as broken:
        broken.setattr(document, "made", lambda act: 1 / len(act.facts.household[5:]))
        await tenant.prepared()
    assert "ZeroDivisionError" in str([vars(one) for one in caplog.records if hasattr(one, "document")])
    assert "Signé des deux côtés" in (await tenant.household.get(tenant.path)).text
    assert "est en préparation" in (await tenant.household.get(tenant.path)).text
    await tenant.prepared()  # its next try is not due yet
    assert "est en préparation" in (await tenant.household.get(tenant.path)).text
    await due_again(aulnes)
    assert "Ça goutte sous l’évier." in words_of(await tenant.document())


async def test_the_same_bytes_come_of_the_sealed_record_again_and_again(aulnes: Cooperative) -> None:
    tenant = await just_signed(aulnes, "livraison")
    await tenant.prepared()
    inspection = tenant.path.split("/")[-1]
    async with aulnes.room_unit("aftersales") as unit:
        row = await unit.session.execute(
            text("SELECT id, content, sha256 FROM aftersales.inspection_document WHERE inspection = :id"),
            {"id": inspection},
        )
        kept = row.one()
        make = await preparing._order(unit, kept.id)
        sealed = await unit.session.execute(
            text("SELECT record_sha256, sha256 FROM aftersales.guided_inspection WHERE id = :id"),
            {"id": inspection},
        )
        assert make() == kept.content
        assert hashlib.sha256(kept.content).hexdigest() == kept.sha256
        record_sha256, sha256 = sealed.one()
        assert (sha256, record_sha256 in words_of(kept.content)) == (kept.sha256, True)
        for statement in (
            "UPDATE aftersales.inspection_document SET content = 'other' WHERE id = :document",
            "UPDATE aftersales.inspection_document SET sha256 = 'other' WHERE id = :document",
            "UPDATE aftersales.guided_inspection SET sha256 = 'other' WHERE id = :id",
            "UPDATE aftersales.guided_inspection SET record_sha256 = 'other' WHERE id = :id",
        ):
            with pytest.raises(DBAPIError, match=r"is (made|signed)"):
                async with unit.part():
                    await unit.session.execute(text(statement), {"document": kept.id, "id": inspection})


async def test_who_changes_the_bytes_of_a_photo_breaks_the_seal(aulnes: Cooperative) -> None:
    tenant = await inspecting(aulnes, "etat_des_lieux")
    await tenant.find("room-kitchen", "finding-1", photo())
    await tenant.go_through()
    read = await tenant.read()
    async with aulnes.room_unit("aftersales") as unit:
        await unit.session.execute(
            text("UPDATE aftersales.photo SET sha256 = 'other' WHERE coop = :coop"), {"coop": aulnes.slug}
        )
    assert (await tenant.sign("household", read=read)).status_code == 409


@pytest.mark.parametrize(
    ("drawing", "said"),
    [
        ("data:image/png;base64,not-a-picture", "pas pu être lu"),
        ("data:image/jpeg;base64," + base64.b64encode(photo()).decode(), "pas pu être lu"),
        (
            "data:image/png;base64," + base64.b64encode(photo("PNG", image=drawn(1500, 900))).decode(),
            "chargé",
        ),
        ("data:image/png;base64," + "A" * 61_000, "chargé"),
    ],
)
async def test_a_drawing_that_cannot_be_taken_is_said_and_nothing_is_signed(
    aulnes: Cooperative, drawing: str, said: str
) -> None:
    buyer = await inspecting(aulnes, "livraison")
    await buyer.do("/rooms/room-kitchen", action="nothing_wrong")
    await buyer.go_through()
    refused = await buyer.sign("household", drawing=drawing)
    assert (refused.status_code, said in refused.text) == (422, True)
    assert "a signé" not in (await buyer.staff.get(buyer.path)).text


async def rows_left(aulnes: Cooperative) -> dict[str, Any]:
    async with aulnes.room_unit("aftersales") as unit:
        found = await unit.session.execute(
            text(
                "SELECT g.record::text AS record, g.kept_until, d.content IS NOT NULL AS has_document,"
                " d.facts, d.sha256,"
                " (SELECT count(*) FROM aftersales.inspection_signature s WHERE s.inspection = g.id)"
                " AS signed,"
                " (SELECT count(*) FROM aftersales.photo p WHERE p.inspection = g.id) AS photos"
                " FROM aftersales.guided_inspection g JOIN aftersales.inspection_document d"
                " ON d.inspection = g.id WHERE g.coop = :coop"
            ),
            {"coop": aulnes.slug},
        )
        return dict(found.mappings().one())


async def erase(aulnes: Cooperative, tenant: Inspecting) -> str:
    person = str(tenant.moved["persons"][0]["id"])
    async with aulnes.room_unit("aftersales", aulnes.slug) as unit:
        await personal.erase(unit, person, [tenant.moved["occupancy"]])
    return person


async def test_of_an_erased_household_only_the_signed_document_stays_locked(aulnes: Cooperative) -> None:
    tenant = await signed(aulnes, "etat_des_lieux")
    told = (await tenant.household.get("/data/kept")).text
    assert "jusqu’au vendredi 16 novembre 2029" in told
    async with aulnes.room_unit("aftersales") as unit:
        handed_out = await personal.export(unit, tenant.moved["persons"][0]["id"])
        assert handed_out["inspection_documents"][0]["pdf_base64"].startswith("JVBERi0")
    page = (await tenant.household.get(tenant.path)).text
    document_path = re.findall(rf'href="({tenant.path}/documents/doc_[a-z0-9]+)"', page)[0]
    await erase(aulnes, tenant)
    left = await rows_left(aulnes)
    assert (left["record"], left["facts"], left["signed"], left["photos"]) == ("{}", None, 0, 0)
    assert (left["has_document"], f"{left['kept_until']}") == (True, "2029-11-16")
    caretaker = Browser(aulnes, Role.CARETAKER, "per_caretaker")
    for who in (tenant.household, tenant.staff, caretaker):
        for path in (tenant.path, document_path):
            assert (await who.get(path)).status_code == 404
    assert tenant.path not in (await caretaker.get("/inspections")).text


async def test_a_locked_document_is_opened_for_a_named_claim_which_is_written_down(
    aulnes: Cooperative,
) -> None:
    tenant = await signed(aulnes, "etat_des_lieux")
    before = await tenant.document()
    await erase(aulnes, tenant)
    inspection = tenant.path.split("/")[-1]
    assert f"/locked-inspections/{inspection}" in (await tenant.staff.get("/inspections")).text
    page = (await tenant.staff.get(f"/locked-inspections/{inspection}")).text
    action = re.findall(r'action="([^"]+/claim)"', page)[0]
    unsaid = await tenant.staff.send(action, reason="  ")
    assert unsaid.status_code == 422
    opened = await tenant.staff.send(action, reason="Dépôt de garantie, dossier 7")
    assert opened.content == before
    page = (await tenant.staff.get(f"/locked-inspections/{inspection}")).text
    assert ("Dépôt de garantie, dossier 7" in page, "Agent 1" in page) == (True, True)
    caretaker = Browser(aulnes, Role.CARETAKER, "per_caretaker")
    assert (await caretaker.send(action, reason="Par curiosité")).status_code == 403


async def test_after_the_last_day_the_document_is_gone_and_its_digest_stays(aulnes: Cooperative) -> None:
    tenant = await signed(aulnes, "etat_des_lieux")
    await erase(aulnes, tenant)
    last = datetime(2029, 11, 16, 12, tzinfo=UTC)
    for now, is_there in ((last, True), (last + timedelta(days=1), False)):
        await aulnes.now(now)
        async with aulnes.room_unit("aftersales", aulnes.slug) as unit:
            await locking.drop_what_is_over(unit)
        left = await rows_left(aulnes)
        assert (left["has_document"], len(left["sha256"])) == (is_there, 64)
    assert tenant.path.split("/")[-1] not in (await tenant.staff.get("/inspections")).text


async def test_a_document_that_was_still_to_be_made_is_made_after_an_erasure(
    aulnes: Cooperative,
) -> None:
    tenant = await just_signed(aulnes)
    await erase(aulnes, tenant)
    left = await rows_left(aulnes)
    assert (left["has_document"], left["signed"], left["photos"]) == (False, 2, 1)
    await tenant.prepared()
    left = await rows_left(aulnes)
    assert (left["has_document"], left["signed"], left["photos"], left["record"]) == (True, 0, 0, "{}")
    async with aulnes.room_unit("aftersales") as unit:
        content = await unit.session.execute(
            text("SELECT content FROM aftersales.inspection_document WHERE coop = :coop"),
            {"coop": aulnes.slug},
        )
        assert "Foyer 12" in words_of(content.scalar_one())


async def test_an_inspection_that_nobody_finished_goes_whole(aulnes: Cooperative) -> None:
    tenant = await inspecting(aulnes, "etat_des_lieux")
    await tenant.find("room-kitchen", "finding-1", photo())
    await erase(aulnes, tenant)
    async with aulnes.room_unit("aftersales") as unit:
        left = await unit.session.execute(
            text(
                "SELECT record::text, kept_until, (SELECT count(*) FROM aftersales.photo p"
                " WHERE p.inspection = g.id) FROM aftersales.guided_inspection g WHERE coop = :coop"
            ),
            {"coop": aulnes.slug},
        )
        assert tuple(left.one()) == ("{}", None, 0)


async def test_of_two_who_hold_the_lease_one_is_erased_and_the_record_stays(aulnes: Cooperative) -> None:
    tenant = await signed(aulnes, "etat_des_lieux")
    async with aulnes.room_unit("aftersales", aulnes.slug) as unit:
        await personal.erase(unit, tenant.moved["persons"][0]["id"], [])
    left = await rows_left(aulnes)
    assert (left["signed"], left["photos"], left["kept_until"]) == (2, 1, None)
    assert left["record"] != "{}"


async def test_two_rooms_make_one_document(aulnes: Cooperative) -> None:
    tenant = await just_signed(aulnes)
    opening = partial(aulnes.room_unit, "aftersales")
    async with opening() as unit:
        claimed = await preparing._claim(unit)
        assert claimed is not None
        make = await preparing._order(unit, claimed.document)
    await due_again(aulnes)  # the first seemed dead
    await tenant.prepared()
    before = await tenant.document()
    async with opening() as unit:
        await preparing._keep(unit, claimed.document, make() + b"later")
    assert await tenant.document() == before


async def test_the_same_can_be_read_as_a_page_with_headings_tables_and_pictures_in_words(
    aulnes: Cooperative,
) -> None:
    tenant = await signed(aulnes, "etat_des_lieux")
    pdf = await tenant.document()
    overview = (await tenant.household.get(tenant.path)).text
    [address] = re.findall(rf'href="({tenant.path}/documents/doc_[a-z0-9]+/page)"', overview)
    page = await tenant.household.get(address)
    assert page.status_code == 200
    assert page.headers["cache-control"] == "private, no-store"
    policy = page.headers["content-security-policy"]
    assert ("script" in policy, "default-src 'none'" in policy) == (False, True)
    assert '<html lang="fr">' in page.text
    assert page.text.count("<h1>") == 1
    assert hashlib.sha256(pdf).hexdigest() in page.text
    style = page.text.split("<style>")[1].split("</style>")[0]
    assert base64.b64encode(hashlib.sha256(style.encode()).digest()).decode() in policy
    [alt] = re.findall(r'<img src="/photos/[^"]+" alt="([^"]+)"', page.text)
    assert "Ça goutte sous l’évier." in alt
    photo_of = re.findall(r'<img src="(/photos/[^"]+)"', page.text)[0]
    assert (await tenant.household.get(photo_of)).headers["content-type"] == "image/jpeg"
    said = html.unescape(re.sub(r"<[^>]+>", " ", page.text.split("<h1>")[1]))
    printed = words_of(pdf).split("Logement", 1)[1]
    for word in set(re.findall(r"\w{4,}", printed)) - {"Page", "page"}:
        assert word in said, word
    assert "lecteur d’écran" in words_of(pdf).split("Logement")[0].lower()
    assert (await Browser(aulnes, Role.CARETAKER, "per_caretaker").get(address)).status_code == 200
    stranger = Browser(aulnes, Role.RESIDENT, (await aulnes.move_in())["persons"][0]["id"])
    assert (await stranger.get(address)).status_code == 404


async def test_there_is_no_page_before_its_document_nor_after_the_household_is_erased(
    aulnes: Cooperative,
) -> None:
    tenant = await just_signed(aulnes)
    async with aulnes.room_unit("aftersales") as unit:
        ordered = await unit.session.execute(
            text("SELECT id FROM aftersales.inspection_document WHERE coop = :coop"), {"coop": aulnes.slug}
        )
        address = f"{tenant.path}/documents/{ordered.scalar_one()}/page"
    assert (await tenant.household.get(address)).status_code == 404
    await tenant.prepared()
    assert (await tenant.household.get(address)).status_code == 200
    await erase(aulnes, tenant)
    assert (await tenant.staff.get(address)).status_code == 404


async def test_what_was_written_is_shown_as_words_and_never_as_markup(aulnes: Cooperative) -> None:
    tenant = await inspecting(aulnes, "livraison")
    await tenant.find("room-kitchen", "finding-1", photo(), note='<img src=x onerror="1">')
    await tenant.go_through()
    await tenant.do("/remarks", remarks="</p><script>1</script>")
    await tenant.sign("household", name="<b>Foyer 12</b>")
    await tenant.sign("cooperative")
    await tenant.prepared()
    overview = (await tenant.household.get(tenant.path)).text
    address = re.findall(rf'href="({tenant.path}/documents/doc_[a-z0-9]+/page)"', overview)[0]
    page = (await tenant.household.get(address)).text
    for markup in ("<script", "<b>", 'onerror="1'):
        assert markup not in page
    assert "&lt;script&gt;" in page
