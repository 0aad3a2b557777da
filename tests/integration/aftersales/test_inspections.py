"""Inspections from the first room to the document in the household's hands, and what may be added after."""

from __future__ import annotations

import base64
import hashlib
import io
import re
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from pypdf import PdfReader
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from contracts.codes import Role
from services.aftersales.inspections import preparing
from services.kit import dropping
from tests.integration.aftersales.test_pages import Browser
from tests.pictures import photo

if TYPE_CHECKING:
    from tests.integration.aftersales.conftest import Cooperative

pytestmark = pytest.mark.engines


class Inspecting:
    """Staff with a phone in a home, and the household's own browser."""

    def __init__(self, aulnes: Cooperative, moved: dict[str, Any]) -> None:
        self.aulnes, self.moved = aulnes, moved
        self.staff = Browser(aulnes, Role.STAFF, aulnes.agent)
        self.household = Browser(aulnes, Role.RESIDENT, moved["persons"][0]["id"])
        self.path = ""

    async def begin(self, kind: str) -> None:
        sent = await self.staff.send(f"/occupancies/{self.moved['occupancy']}/inspection", kind=kind)
        assert sent.status_code == 303, sent.text
        self.path = sent.headers["location"]

    async def do(self, rest: str, **form: str) -> httpx.Response:
        sent = await self.staff.send(f"{self.path}{rest}", **form)
        assert sent.status_code == 303, sent.text
        return sent

    async def find(self, room: str, finding: str, *photos: bytes, **more: str) -> httpx.Response:
        answer: httpx.Response = await self.aulnes.web.client.post(
            f"{self.path}/rooms/{room}/photos",
            data={
                "csrf_token": "csrf-of-the-session", "element": "tap", "symptom": "leak",
                "note": "Ça goutte sous l’évier.", "finding": finding,
            } | more,
            files=[("photos", ("p.jpg", raw)) for raw in photos] or [("photos", ("", b""))],
            headers=self.staff._headers() | {"Sec-Fetch-Site": "same-origin"},
        )  # fmt: skip
        return answer

    async def go_through(self) -> None:
        """Everything but the kitchen is in order; meters and keys are noted."""
        await self.go_through_but("room-kitchen")

    async def go_through_but(self, *with_defects: str) -> None:
        """All the other rooms are in order; meters and keys are noted."""
        rooms = re.findall(rf"{self.path}/rooms/(room-[a-z_]+)\"", (await self.staff.get(self.path)).text)
        for room in dict.fromkeys(rooms):
            if room not in with_defects:
                await self.do(f"/rooms/{room}", action="nothing_wrong")
        await self.do("/meters", fluid="water", serial="W 12", index="1 234,5", item="meter-1")
        await self.do("/keys", what="Porte d’entrée", count="3", item="keys-1")

    async def read(self, who: Browser | None = None) -> str:
        page = (await (who or self.staff).get(f"{self.path}/sign")).text
        return page.split('name="read" value="')[1].split('"')[0]

    async def sign(
        self, side: str, who: Browser | None = None, read: str | None = None, **more: str
    ) -> httpx.Response:
        form = {
            "side": side, "name": {"household": "Foyer 12", "cooperative": "Agent 1"}[side],
            "read": read or await self.read(who), "agreed": "true",
        } | more  # fmt: skip
        return await (who or self.staff).send(f"{self.path}/sign", **form)

    async def prepared(self) -> None:
        """The room has made what was ordered."""
        while await preparing.step(partial(self.aulnes.room_unit, "aftersales")):
            pass

    async def document(self, who: Browser | None = None) -> bytes:
        await self.prepared()
        page = (await (who or self.household).get(self.path)).text
        address = re.findall(rf'href="({self.path}/documents/doc_[a-z0-9]+)"', page)[0]
        return (await (who or self.household).get(address)).content


async def inspecting(aulnes: Cooperative, kind: str, **more: Any) -> Inspecting:
    tenure = "tenant" if kind == "etat_des_lieux" else "buyer_vefa"
    moved = await aulnes.move_in(**({"tenure": tenure, "moved_in_on": "2026-11-16"} | more))
    found = Inspecting(aulnes, moved)
    await found.begin(kind)
    return found


async def signed(aulnes: Cooperative, kind: str) -> Inspecting:
    found = await inspecting(aulnes, kind)
    assert (await found.find("room-kitchen", "finding-1", photo())).status_code == 303
    await found.go_through()
    assert (await found.sign("household")).status_code == 303
    assert (await found.sign("cooperative")).status_code == 303
    await found.prepared()
    return found


def words_of(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)


async def test_a_livraison_becomes_a_document_in_the_buyers_hands_and_requests(aulnes: Cooperative) -> None:
    buyer = await signed(aulnes, "livraison")
    page = (await buyer.household.get(buyer.path)).text
    pdf = await buyer.document()
    assert hashlib.sha256(pdf).hexdigest() in page
    words = words_of(pdf)
    for said in (
        "Procès-verbal de livraison", "Les Aulnes", "1234,5", "Porte d’entrée", "Cuisine", "Foyer 12",
        "Agent 1", "Ça goutte sous l’évier.", "Rien à signaler", "art. 1642-1",
    ):  # fmt: skip
        assert said in words, said
    assert sum(len(page.images) for page in PdfReader(io.BytesIO(pdf)).pages) == 1
    tickets = (await aulnes.get(f"/tickets?occupancy={buyer.moved['occupancy']}")).json()["items"]
    assert [(one["element"], one["symptom"], one["place"]) for one in tickets] == [("tap", "leak", "kitchen")]
    assert f"{tickets[0]['number']}" in words
    seen = (await aulnes.get(f"/tickets/{tickets[0]['id']}/photos")).json()["photos"]
    assert len(seen) == 1
    [told] = await aulnes.told("aftersales.inspection_signed.v1")
    assert (told["kind"], told["findings"], told["occupancy"]) == ("livraison", 1, buyer.moved["occupancy"])


async def test_the_state_of_each_room_is_said_read_and_printed_with_what_both_sign(
    aulnes: Cooperative,
) -> None:
    tenant = await inspecting(aulnes, "etat_des_lieux")
    await tenant.do("/rooms/room-kitchen/state", all="good")
    await tenant.do("/rooms/room-kitchen/state", floor="bad")
    await tenant.do("/rooms/room-bedroom/state", ceiling="new")
    wrong = await tenant.staff.send(f"{tenant.path}/rooms/room-kitchen/state", floor="splendid")
    assert wrong.status_code == 422
    await tenant.find("room-kitchen", "finding-1")
    rooms = re.findall(rf"{tenant.path}/rooms/(room-[a-z_]+)\"", (await tenant.staff.get(tenant.path)).text)
    for room in dict.fromkeys(rooms):
        if room not in ("room-kitchen", "room-bedroom"):
            await tenant.do(f"/rooms/{room}", action="nothing_wrong")
    await tenant.do("/meters", fluid="water", serial="W 12", index="1 234,5", item="meter-1")
    await tenant.do("/keys", what="Porte", count="3", item="keys-1")
    to_sign = (await tenant.household.get(f"{tenant.path}/sign")).text
    assert "<strong>mauvais</strong>" in to_sign
    assert (await tenant.sign("household")).status_code == 303
    assert (await tenant.sign("cooperative")).status_code == 303
    words = words_of(await tenant.document())
    for said in ("mauvais", "Murs", "bon", "Plafond", "neuf", "Fenêtres et portes", "Équipements"):
        assert said in words, said
    late = await tenant.staff.send(f"{tenant.path}/rooms/room-kitchen/state", floor="good")
    assert late.status_code == 409


async def test_it_is_found_again_on_another_device_with_all_that_was_noted(aulnes: Cooperative) -> None:
    tenant = await inspecting(aulnes, "etat_des_lieux")
    await tenant.find("room-kitchen", "finding-1")
    first = tenant.path
    tenant.staff = Browser(aulnes, Role.CARETAKER, "per_caretaker")
    await tenant.begin("etat_des_lieux")
    assert tenant.path == first
    assert "Ça goutte sous l’évier." in (await tenant.staff.get(f"{first}/rooms/room-kitchen")).text
    assert first in (await tenant.staff.get("/inspections")).text
    assert first in (await tenant.household.get("/inspections")).text
    assert first in (await tenant.household.get("/fragments/inspections")).text


async def test_a_form_that_a_phone_sends_again_is_noted_once_with_its_photos(aulnes: Cooperative) -> None:
    tenant = await inspecting(aulnes, "etat_des_lieux")
    for _ in range(2):
        assert (await tenant.find("room-kitchen", "finding-1", photo())).status_code == 303
    page = (await tenant.staff.get(f"{tenant.path}/rooms/room-kitchen")).text
    assert page.count("Ça goutte sous l’évier.") == 1
    assert page.count("/small") == 1
    await tenant.find("room-kitchen", "finding-1", photo(), more="true")
    assert (await tenant.staff.get(f"{tenant.path}/rooms/room-kitchen")).text.count("/small") == 2
    await tenant.do("/findings/finding-1/remove")
    assert "/small" not in (await tenant.staff.get(f"{tenant.path}/rooms/room-kitchen")).text


async def test_nobody_signs_what_is_not_whole_or_changed_while_it_was_read(aulnes: Cooperative) -> None:
    tenant = await inspecting(aulnes, "etat_des_lieux")
    early = await tenant.sign("household", read="0" * 64)
    assert early.status_code == 409
    await tenant.find("room-kitchen", "finding-1")
    await tenant.go_through()
    read = await tenant.read()
    untick = await tenant.sign("household", agreed="")
    assert (untick.status_code, "Cochez la case" in untick.text) == (422, True)
    await tenant.do("/keys", what="Cave", count="1", item="keys-2")
    late = await tenant.sign("household", read=read)
    assert (late.status_code, "Relisez" in late.text) == (409, True)
    assert (await tenant.sign("household")).status_code == 303
    await tenant.do("/remarks", remarks="Le locataire demande une clé de plus.")
    page = (await tenant.staff.get(tenant.path)).text
    assert "a signé" not in page
    for side in ("household", "cooperative"):
        assert (await tenant.sign(side)).status_code == 303
    assert "Le locataire demande une clé de plus." in words_of(await tenant.document())


async def test_each_side_may_sign_on_its_own_device_and_nobody_for_the_other(aulnes: Cooperative) -> None:
    tenant = await inspecting(aulnes, "etat_des_lieux")
    await tenant.do("/rooms/room-kitchen", action="nothing_wrong")
    await tenant.go_through()
    assert (await tenant.sign("cooperative", tenant.household)).status_code == 404
    assert (await tenant.sign("household", tenant.household)).status_code == 303
    assert (await tenant.sign("cooperative")).status_code == 303
    assert "Rien à signaler" in words_of(await tenant.document())


async def test_a_photo_that_comes_or_goes_makes_an_earlier_signature_void(aulnes: Cooperative) -> None:
    tenant = await inspecting(aulnes, "etat_des_lieux")
    await tenant.find("room-kitchen", "finding-1", photo())
    await tenant.go_through()
    assert (await tenant.sign("household")).status_code == 303
    await tenant.find("room-kitchen", "finding-1", photo(), more="true")
    assert "a signé" not in (await tenant.staff.get(tenant.path)).text
    assert (await tenant.sign("household")).status_code == 303
    page = (await tenant.staff.get(f"{tenant.path}/rooms/room-kitchen")).text
    taken = re.findall(r"/photos/(pho_[a-z0-9]+)/small", page)[0]
    assert (await tenant.staff.send(f"/photos/{taken}/take-back")).status_code == 303
    assert "a signé" not in (await tenant.staff.get(tenant.path)).text


async def test_what_is_drawn_is_in_the_document(aulnes: Cooperative) -> None:
    drawn = "data:image/png;base64," + base64.b64encode(photo("PNG")).decode()
    buyer = await inspecting(aulnes, "livraison")
    await buyer.do("/rooms/room-kitchen", action="nothing_wrong")
    await buyer.go_through()
    await buyer.sign("household", drawing=drawn)
    await buyer.sign("cooperative")
    pages = PdfReader(io.BytesIO(await buyer.document())).pages
    assert sum(len(page.images) for page in pages) == 1


async def test_what_is_signed_never_changes(aulnes: Cooperative) -> None:
    tenant = await signed(aulnes, "etat_des_lieux")
    for rest, form in [
        ("/keys", {"what": "Cave", "count": "1"}), ("/remarks", {"remarks": "Après coup"}),
        ("/rooms/room-hallway", {"action": "again"}), ("/findings/finding-1/remove", {}),
    ]:  # fmt: skip
        late = await tenant.staff.send(f"{tenant.path}{rest}", **form)
        assert late.status_code == 409, rest
    assert (await tenant.find("room-hallway", "finding-9")).status_code == 409
    before = await tenant.document()
    async with aulnes.room_unit("aftersales") as unit:
        with pytest.raises(DBAPIError, match="is signed"):
            async with unit.part():
                await unit.session.execute(
                    text("UPDATE aftersales.guided_inspection SET record = :record WHERE id = :id"),
                    {"record": '{"remarks": "autre"}', "id": tenant.path.split("/")[-1]},
                )
    assert await tenant.document() == before


async def test_a_neighbour_sees_nothing_of_it(aulnes: Cooperative) -> None:
    tenant = await signed(aulnes, "etat_des_lieux")
    other = await inspecting(aulnes, "etat_des_lieux")
    assert (await other.household.get(tenant.path)).status_code == 404
    page = (await tenant.household.get(tenant.path)).text
    document = re.findall(r"/documents/(doc_[a-z0-9]+)", page)[0]
    assert (await other.household.get(f"{tenant.path}/documents/{document}")).status_code == 404
    assert (await other.household.get(f"{other.path}/documents/{document}")).status_code == 404
    picture = re.findall(r"/photos/(pho_[a-z0-9]+)", page)[0]
    assert (await tenant.household.get(f"/photos/{picture}")).status_code == 200
    assert (await other.household.get(f"/photos/{picture}")).status_code == 404


async def forgotten(tenant: Inspecting, element: str = "socket", symptom: str = "loose") -> httpx.Response:
    return await tenant.household.send(
        f"{tenant.path}/forgotten/photos",
        place="bedroom", element=element, symptom=symptom, note="Derrière le lit.",
    )  # fmt: skip


async def test_within_ten_days_the_tenant_has_it_completed(aulnes: Cooperative) -> None:
    tenant = await signed(aulnes, "etat_des_lieux")
    await aulnes.now(datetime(2026, 11, 26, 12, tzinfo=UTC))
    assert (await forgotten(tenant)).status_code == 303
    tickets = (await aulnes.get(f"/tickets?occupancy={tenant.moved['occupancy']}")).json()["items"]
    assert {one["element"] for one in tickets} == {"tap", "socket"}
    page = (await tenant.staff.get(tenant.path)).text
    assert "Derrière le lit." in page
    amendment = re.findall(r"/amendments/(amd_[a-z0-9]+)", page)[0]
    before = await tenant.document()
    await tenant.do(f"/amendments/{amendment}", reply="Nous passons vendredi.")
    await tenant.prepared()
    page = (await tenant.household.get(tenant.path)).text
    addition = re.findall(rf'href="({tenant.path}/documents/doc_[a-z0-9]+)"', page)[1]
    words = words_of((await tenant.household.get(addition)).content)
    for said in ("Complément à l’état des lieux", "Derrière le lit.", "Nous passons vendredi.", "Agent 1"):
        assert said in words
    assert await tenant.document() == before
    told_to_programs = await aulnes.get(f"/occupancies/{tenant.moved['occupancy']}/inspections")
    [listed] = told_to_programs.json()["inspections"]
    assert [one["amendment"] is None for one in listed["documents"]] == [True, False]
    assert listed["may_be_completed"] == [
        {"window": "ten_days", "ends_on": "2026-11-26"}, {"window": "heating_month", "ends_on": "2026-12-16"},
    ]  # fmt: skip
    program = await aulnes.get(f"/inspections/{listed['id']}/documents/{listed['documents'][0]['id']}")
    assert program.content == before
    again = await tenant.staff.send(f"{tenant.path}/amendments/{amendment}")
    assert again.status_code == 409
    told = await aulnes.told("aftersales.inspection_signed.v1")
    assert [one["amendment"] is not None for one in told] == [False, True]


async def test_in_the_heating_month_only_the_heating_is_added_and_then_nothing(aulnes: Cooperative) -> None:
    tenant = await signed(aulnes, "etat_des_lieux")
    await aulnes.now(datetime(2026, 12, 10, 12, tzinfo=UTC))
    refused = await forgotten(tenant)
    assert (refused.status_code, "seul le chauffage" in refused.text) == (422, True)
    assert "Derrière le lit." in refused.text
    assert (await forgotten(tenant, "radiator", "no_heat")).status_code == 303
    await aulnes.now(datetime(2027, 1, 20, 12, tzinfo=UTC))
    over = await forgotten(tenant, "radiator", "no_heat")
    assert over.status_code == 422
    assert "Le délai pour compléter" in over.text


async def test_a_buyer_tells_more_as_requests_not_as_additions(aulnes: Cooperative) -> None:
    buyer = await signed(aulnes, "livraison")
    assert (await forgotten(buyer)).status_code == 422


async def test_the_wrong_inspection_for_a_household_is_not_begun(aulnes: Cooperative) -> None:
    moved = await aulnes.move_in(tenure="tenant")
    found = Inspecting(aulnes, moved)
    wrong = await found.staff.send(f"/occupancies/{moved['occupancy']}/inspection", kind="livraison")
    assert wrong.status_code == 422


async def test_a_sandbox_that_is_dropped_takes_its_inspections_along(aulnes: Cooperative) -> None:
    tenant = await signed(aulnes, "etat_des_lieux")
    assert (await forgotten(tenant)).status_code == 303
    async with aulnes.room_unit("aftersales") as unit:
        await dropping.drop(unit, aulnes.slug)
    assert (await tenant.staff.get(tenant.path)).status_code == 404
