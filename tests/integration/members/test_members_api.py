"""Homes, households and consents through the HTTP API, on the real database."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import pytest

from contracts.codes import Codec, Role

if TYPE_CHECKING:
    from tests.integration.members.conftest import Cooperative, Office

pytestmark = pytest.mark.engines
Told = Callable[[str, str], Awaitable[list[dict[str, Any]]]]


async def test_a_dwelling_comes_with_its_meters_and_their_way_in(tilleuls: Cooperative) -> None:
    home = await tilleuls.made("/dwellings", tilleuls.dwelling())
    (meter,) = home["meters"]
    assert meter["topic"] == f"meters/{tilleuls.slug}/{meter['id']}"
    assert meter["mqtt_username"] == meter["id"]
    assert len(meter["mqtt_password"]) == 43


async def test_a_household_moves_in_and_the_house_is_told(tilleuls: Cooperative, told: Told) -> None:
    moved = await tilleuls.made(
        "/move-ins", tilleuls.household(tenure="buyer_vefa", livraison_on="2026-01-05")
    )
    (event,) = await told(tilleuls.slug, "members.moved_in.v1")
    assert event["occupancy"] == moved["occupancy"]
    assert event["meters"] == [moved["meters"][0]["id"]]
    assert event["persons"] == [moved["persons"][0]["id"]]
    assert event["livraison_on"] == "2026-01-05"
    assert "Foyer 12" not in str(event)


async def test_a_known_dwelling_is_taken_by_one_household_at_a_time(
    tilleuls: Cooperative, told: Told
) -> None:
    home = await tilleuls.made("/dwellings", tilleuls.dwelling())
    first = await tilleuls.made("/move-ins", tilleuls.household(dwelling=home["id"]))
    assert first["meters"][0]["id"] == home["meters"][0]["id"]
    assert first["meters"][0]["mqtt_password"] is None
    second = tilleuls.household(dwelling=home["id"], moved_in_on="2026-03-01")
    clash = await tilleuls.post("/move-ins", second)
    assert (clash.status_code, clash.json()["legal_actions"]) == (409, ["move_out"])
    left = await tilleuls.post("/move-outs", {"occupancy": first["occupancy"], "moved_out_on": "2026-02-28"})
    assert left.status_code == 200
    same_day = await tilleuls.post("/move-ins", second | {"moved_in_on": "2026-02-28"})
    assert (same_day.status_code, same_day.json()["legal_actions"]) == (409, [])
    assert "2026-03-01" in same_day.json()["title"]  # the first day that is free
    await tilleuls.made("/move-ins", second)
    (event,) = await told(tilleuls.slug, "members.moved_out.v1")
    assert event["moved_out_on"] == "2026-02-28"


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"household": [{"name": "Foyer 1", "right": "holder"}]}, "/household/0"),
        ({"household": [{"name": "Foyer 1", "right": "carer", "email": "a@b.fr"}]}, "/household"),
        ({"household": [{"name": "Foyer 1", "right": "holder", "email": "no"}]}, "/household/0/email"),
        ({"moved_in_on": "soon"}, "/moved_in_on"),
        ({"dwelling": {"coop": "x", "ref": "1"}}, "/dwelling/residence"),
        ({"tenure": "squatter"}, "/tenure"),
        ({"tenur": "tenant"}, "/tenur"),
    ],
)
async def test_a_bad_request_names_its_field(
    tilleuls: Cooperative, change: dict[str, Any], pointer: str
) -> None:
    answer = await tilleuls.post("/move-ins", tilleuls.household() | change)
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert pointer in [error["pointer"] for error in answer.json()["errors"]]


async def test_another_cooperative_s_things_do_not_exist(tilleuls: Cooperative, office: Office) -> None:
    stranger = await office.new_coop()
    moved = await tilleuls.made("/move-ins", tilleuls.household())
    meter, person, occupancy = moved["meters"][0]["id"], moved["persons"][0]["id"], moved["occupancy"]
    api, headers = "/api/v1", stranger.staff
    client = office.client
    for answer in (
        await client.get(f"{api}/occupancies/{occupancy}", headers=headers),
        await client.get(f"{api}/persons/{person}", headers=headers),
        await client.delete(f"{api}/persons/{person}/data", headers=headers),
        await client.delete(f"{api}/meters/{meter}/credential", headers=headers),
        await client.post(f"{api}/meters/{meter}/credential", headers=headers),
        await client.put(
            f"{api}/meters/{meter}/contract",
            json={"valid_from": "2026-01-01", "tariff": "base"},
            headers=headers,
        ),
        await stranger.post("/move-outs", {"occupancy": occupancy, "moved_out_on": "2026-02-01"}),
        await stranger.post("/move-ins", stranger.household(dwelling=moved["dwelling"])),
        await stranger.post("/dwellings", tilleuls.dwelling()),
        await client.post(f"{api}/coops/{tilleuls.slug}/clock", json={"now": "2020-01-01T00:00:00Z"},
                          headers=await office.token(Role.OPERATOR, stranger.slug)),
    ):  # fmt: skip
        assert answer.status_code == 404, (answer.request.url, answer.text)


async def test_a_resident_sees_their_own_household_until_they_leave_it(tilleuls: Cooperative) -> None:
    pair = [
        {"name": "Foyer 1", "email": "un@foyer.test", "right": "holder"},
        {"name": "Foyer 2", "mobile": "+33600000000", "right": "co_holder"},
    ]
    moved = await tilleuls.made("/move-ins", tilleuls.household(household=pair))
    other = await tilleuls.made("/move-ins", tilleuls.household())
    first, second = [await tilleuls.resident(person["id"]) for person in moved["persons"]]
    client, path = tilleuls.office.client, f"/api/v1/occupancies/{moved['occupancy']}"
    seen = await client.get(path, headers=first)
    assert seen.status_code == 200
    assert {consent["granted"] for consent in seen.json()["consents"]} == {False}
    neighbour = f"/api/v1/occupancies/{other['occupancy']}"
    assert (await client.get(neighbour, headers=first)).status_code == 404
    assert (await client.get(path, headers=second)).status_code == 200
    end = {"right": "co_holder", "until_on": "2026-01-31"}
    ended = await client.put(
        f"{path}/residents/{moved['persons'][1]['id']}", json=end, headers=tilleuls.staff
    )
    assert ended.status_code == 200, ended.text
    assert (await client.get(path, headers=second)).status_code == 404


async def test_consent_is_the_household_s_own_and_withdrawn_at_once(
    tilleuls: Cooperative, told: Told
) -> None:
    moved = await tilleuls.made("/move-ins", tilleuls.household())
    person, client = moved["persons"][0]["id"], tilleuls.office.client
    own = await tilleuls.resident(person)
    path = f"/api/v1/occupancies/{moved['occupancy']}/consents/half_hourly"
    wish = {"granted": True, "by": person, "text_version": "2026-01", "channel": "self"}
    ticked_by_staff = await client.put(path, json=wish, headers=tilleuls.staff)
    assert ticked_by_staff.status_code == 422
    assert ticked_by_staff.json()["errors"][0]["pointer"] == "/channel"
    unwitnessed = await client.put(path, json=wish | {"channel": "paper"}, headers=tilleuls.staff)
    assert unwitnessed.json()["errors"][0]["pointer"] == "/witness"
    given = await client.put(path, json=wish, headers=own)
    assert (given.status_code, given.json()["granted"]) == (200, True)
    assert (await client.put(path, json=wish, headers=own)).status_code == 200  # again: nothing new
    withdrawn = await client.put(path, json=wish | {"granted": False}, headers=own)
    assert withdrawn.json()["granted"] is False
    paper = wish | {"channel": "paper", "witness": "Accueil 3"}
    assert (await client.put(path, json=paper, headers=tilleuls.staff)).json()["granted"] is True
    events = await told(tilleuls.slug, "members.consent_changed.v1")
    assert [event["granted"] for event in events] == [True, False, True]


async def test_a_gateway_maps_its_own_names_to_meters(tilleuls: Cooperative, told: Told) -> None:
    home = await tilleuls.made("/dwellings", tilleuls.dwelling())
    meter = home["meters"][0]["id"]
    body = {"coop": tilleuls.slug, "codec": "senml", "channels": {"hall 1": meter}}
    gateway = await tilleuls.made("/gateways", body)
    assert gateway["topic"] == f"gateways/{tilleuls.slug}/{gateway['id']}"
    path, client = f"/api/v1/gateways/{gateway['id']}/channels", tilleuls.office.client
    added = await client.put(
        path, json={"channels": {"hall 2": meter}, "replace": False}, headers=tilleuls.staff
    )
    assert added.json()["channels"] == {"hall 1": meter, "hall 2": meter}
    replaced = await client.put(path, json={"channels": {"hall 3": meter}}, headers=tilleuls.staff)
    assert replaced.json()["channels"] == {"hall 3": meter}
    events = await told(tilleuls.slug, "members.channels_mapped.v1")
    assert [event["channels"] for event in events] == [["hall 1"], ["hall 2"], ["hall 3"]]
    nobody = {"channels": {"a/b": "mtr_" + "0" * 26}}
    refused = await client.put(path, json=nobody, headers=tilleuls.staff)
    assert refused.json()["errors"][0]["pointer"] == "/channels/a~1b"


async def test_a_gateway_names_a_codec_that_there_is(tilleuls: Cooperative) -> None:
    body = {"coop": tilleuls.slug, "codec": "nope", "channels": {}}
    refused = await tilleuls.post("/gateways", body)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/codec")
    for codec in Codec:
        assert (await tilleuls.post("/gateways", body | {"codec": codec})).status_code == 201
    schemas = (await tilleuls.office.client.get("/api/v1/openapi.json")).json()["components"]["schemas"]
    assert set(schemas["Codec"]["enum"]) == set(Codec)


@pytest.mark.parametrize("language", ["fr", "en"])
async def test_a_price_with_a_comma_is_answered_in_words(tilleuls: Cooperative, language: str) -> None:
    home = await tilleuls.made("/dwellings", tilleuls.dwelling())
    path = f"/api/v1/meters/{home['meters'][0]['id']}/contract"
    headers = tilleuls.staff | {"Accept-Language": language}
    body = {"valid_from": "2026-02-01", "prices": {"base": "0,2"}}
    answer = await tilleuls.office.client.put(path, json=body, headers=headers)
    (error,) = answer.json()["errors"]
    words = {"fr": "Écrivez un prix", "en": "Write a price"}[language]
    assert (error["pointer"], error["message"].startswith(words)) == ("/prices/base", True), error


async def test_a_contract_holds_from_a_day_on(tilleuls: Cooperative, told: Told) -> None:
    home = await tilleuls.made("/dwellings", tilleuls.dwelling())
    meter = home["meters"][0]["id"]
    path, client = f"/api/v1/meters/{meter}/contract", tilleuls.office.client
    body = {"valid_from": "2026-02-01", "prices": {"base": "0.2516"}, "subscribed_kva": 9}
    answer = await client.put(path, json=body, headers=tilleuls.staff)
    assert (answer.status_code, answer.json()["tariff"]) == (200, "own")
    (event,) = await told(tilleuls.slug, "members.contract_changed.v1")
    assert event == {"coop": tilleuls.slug, "meter": meter, "valid_from": "2026-02-01"}
    nothing = await client.put(path, json={"valid_from": "2026-02-01"}, headers=tilleuls.staff)
    assert nothing.status_code == 422


async def test_a_gas_contract_says_what_a_cubic_metre_holds(tilleuls: Cooperative) -> None:
    meters = [{"fluid": "electricity"}, {"fluid": "gas"}]
    home = await tilleuls.made("/dwellings", tilleuls.dwelling(meters=meters))
    power, gas = (f"/api/v1/meters/{meter['id']}/contract" for meter in home["meters"])
    client, body = tilleuls.office.client, {"valid_from": "2026-02-01", "gas_kwh_m3": "10.412"}
    answer = await client.put(gas, json=body, headers=tilleuls.staff)
    assert (answer.status_code, answer.json()["tariff"], answer.json()["gas_kwh_m3"]) == (
        200,
        "own",
        "10.412",
    )
    for path, wrong in (
        (power, body),
        (gas, body | {"gas_kwh_m3": "1041"}),
        (gas, body | {"gas_kwh_m3": "10.41234"}),
    ):
        refused = await client.put(path, json=wrong, headers=tilleuls.staff)
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/gas_kwh_m3")


async def test_erasure_says_what_is_kept_and_withdraws_consents(tilleuls: Cooperative, told: Told) -> None:
    moved = await tilleuls.made("/move-ins", tilleuls.household())
    person, client = moved["persons"][0]["id"], tilleuls.office.client
    own = await tilleuls.resident(person)
    wish = {"granted": True, "by": person, "text_version": "1", "channel": "self"}
    await client.put(f"/api/v1/occupancies/{moved['occupancy']}/consents/daily", json=wish, headers=own)
    answer = await client.delete(f"/api/v1/persons/{person}/data", headers=own)
    assert answer.status_code == 202
    assert [kept["source"][:4] for kept in answer.json()["kept"]] == ["GDPR"]
    (event,) = await told(tilleuls.slug, "members.erased.v1")
    assert (event["person"], event["occupancies"]) == (person, [moved["occupancy"]])
    assert [e["granted"] for e in await told(tilleuls.slug, "members.consent_changed.v1")] == [True, False]
    neighbour = await tilleuls.made("/move-ins", tilleuls.household())
    other = await client.delete(f"/api/v1/persons/{neighbour['persons'][0]['id']}/data", headers=own)
    assert other.status_code == 404


async def test_only_a_sandbox_has_a_clock_of_its_own(office: Office, tilleuls: Cooperative) -> None:
    now = {"now": "2016-03-27T02:30:00+02:00"}
    client = office.client
    real = await client.post(f"/api/v1/coops/{tilleuls.slug}/clock", json=now, headers=tilleuls.platform)
    assert (real.status_code, real.json()["code"]) == (409, "not_a_sandbox")
    box = await office.new_coop(sandbox=True)
    answer = await client.post(f"/api/v1/coops/{box.slug}/clock", json=now, headers=box.platform)
    assert (answer.status_code, answer.json()["now"]) == (200, "2016-03-27T00:30:00Z")


async def test_only_the_platform_founds_cooperatives(tilleuls: Cooperative, office: Office) -> None:
    body = {"slug": "autre", "name": "Autre"}
    local = await office.token(Role.OPERATOR, tilleuls.slug)
    for headers in (tilleuls.staff, local):
        answer = await office.client.post("/api/v1/coops", json=body, headers=headers)
        assert answer.status_code == 403
    again = {"slug": tilleuls.slug, "name": "Encore"}
    taken = await office.client.post("/api/v1/coops", json=again, headers=tilleuls.platform)
    assert (taken.status_code, taken.json()["code"]) == (409, "slug_taken")


async def test_no_credential_before_intake_listens(tilleuls: Cooperative, told: Told) -> None:
    state = tilleuls.office.app.state
    before, state.is_intake_ready = state.is_intake_ready, _not_ready
    try:
        answer = await tilleuls.post("/move-ins", tilleuls.household())
    finally:
        state.is_intake_ready = before
    assert (answer.status_code, answer.json()["code"]) == (503, "intake_not_ready")
    assert answer.headers["retry-after"]
    assert await told(tilleuls.slug, "members.moved_in.v1") == []


async def _not_ready() -> bool:
    return False


async def test_a_repeated_move_in_gets_the_first_answer_with_its_passwords(tilleuls: Cooperative) -> None:
    body, key = tilleuls.household(), {"Idempotency-Key": "registre-2026-01-05-12"}
    first = await tilleuls.post("/move-ins", body, **key)
    again = await tilleuls.post("/move-ins", body, **key)
    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()


async def test_of_two_households_at_once_one_takes_the_dwelling(tilleuls: Cooperative, told: Told) -> None:
    home = await tilleuls.made("/dwellings", tilleuls.dwelling())
    wanted = [tilleuls.household(dwelling=home["id"]) for _ in range(4)]
    answers = await asyncio.gather(*(tilleuls.post("/move-ins", body) for body in wanted))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    assert len(await told(tilleuls.slug, "members.moved_in.v1")) == 1


async def test_a_person_gets_a_copy_of_their_own_data_and_of_nobody_else_s(tilleuls: Cooperative) -> None:
    moved = await tilleuls.made("/move-ins", tilleuls.household())
    neighbour = await tilleuls.made("/move-ins", tilleuls.household())
    person, client = moved["persons"][0]["id"], tilleuls.office.client
    own = await tilleuls.resident(person)
    answer = await client.post(f"/api/v1/persons/{person}/exports", headers=own)
    assert answer.status_code == 202, answer.text
    part = answer.json()["data"]["members"]
    assert part["person"]["name"] == "Foyer 12"
    assert [home["occupancy"]["id"] for home in part["households"]] == [moved["occupancy"]]
    assert [meter["id"] for meter in part["households"][0]["meters"]] == [moved["meters"][0]["id"]]
    other = neighbour["persons"][0]["id"]
    assert (await client.post(f"/api/v1/persons/{other}/exports", headers=own)).status_code == 404
