"""What real life sends: nothing is lost in silence, neighbours of what is wrong are stored, people are told
what to do."""

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from deploy.commands.doctor import examine_all
from services.kit.settings import Settings
from simulators.api import Api, ApiError
from simulators.fleet import Fleet
from simulators.ledger import Ledger
from simulators.publications import Device, Publication
from tests.house import Home, House, an_agent, eventually, move_in, open_coop, running

pytestmark = [pytest.mark.engines]

COOP = "atelier"
MOVED_IN = date(2026, 1, 1)
START = int(datetime(2026, 3, 2, 6, tzinfo=UTC).timestamp())
HALF_HOUR = 1800
MIB = 1 << 20


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with running(tmp_path_factory.mktemp("house")) as up:
        open_coop(up, COOP)
        yield up


@pytest.fixture(scope="module")
def operator(house: House) -> Api:
    return house.api("operator", COOP)


@pytest.fixture(scope="module")
def staff(house: House) -> Api:
    return an_agent(house, COOP)


def a_home(house: House, ref: str, consents: Sequence[str] = ("daily", "half_hourly")) -> Home:
    return move_in(house, COOP, ref, moved_in_on=MOVED_IN, consents=tuple(consents), on_paper=True)


def index(value: object, at: int = START, **more: object) -> bytes:
    """A SenML pack of one register."""
    return json.dumps([{"n": "energy_import", "u": "Wh", "t": at, "v": value} | more]).encode()


def curve(**fields: object) -> bytes:
    sound = {
        "start": "2026-03-02T00:00:00+01:00", "step": "PT30M", "quantity": "energy_import", "unit": "Wh",
        "values": [210, 190],
    }  # fmt: skip
    return json.dumps(sound | fields).encode()


@dataclass(frozen=True)
class Bad:
    """A message that must end in quarantine, under `codec` and whatever follows it."""

    codec: str
    payload: bytes
    reason: str
    words: str
    """What the operator reads, in part."""


BAD = {
    "garbage": Bad("senml", b"\x93\x00\xff\xfe\x17", "not_utf8", "is not UTF-8"),
    "cut-off": Bad("senml", index(4211)[:-7], "not_json", "line 1 column"),
    "a-telegram": Bad(
        "load-curve", b"/ISK5\\2M550T-1012\r\n1-0:1.8.0(51.775*kWh)\r\n!", "not_json", "column 1"
    ),
    "not-a-number": Bad("senml", index(float("nan")), "not_a_number", "NaN"),
    "infinite": Bad("senml", index(float("inf")), "not_a_number", "Infinity"),
    "in-words": Bad("senml", index("4211"), "not_a_number", "text, not a number"),
    "yes": Bad("senml", index(True), "not_a_number", "true or false"),
    "negative": Bad("senml", index(-1), "negative_register", "is negative"),
    "too-big": Bad("senml", index(10**16), "out_of_range", "record 1"),
    "in-1970": Bad("senml", index(4211, 3_600), "relative_time", "only absolute times"),
    "curve-of-1970": Bad("load-curve", curve(start="1970-01-01T00:00:00Z"), "too_old", "start"),
    "in-2099": Bad("senml", index(4211, 4_070_908_800), "in_future", "70 minutes"),
    "curve-of-2099": Bad("load-curve", curve(start="2099-01-01T00:00:00Z"), "in_future", "start"),
    "in-milliseconds": Bad("senml", index(4211, START * 1000), "in_future", "milliseconds"),
    "without-time": Bad("senml", b'[{"n":"energy_import","u":"Wh","v":1}]', "no_time", "since 1970"),
    "without-offset": Bad("load-curve", curve(start="2026-03-02T00:00:00"), "no_time", "offset"),
    "wrong-unit": Bad("senml", index(4211, u="wh"), "wrong_unit", "use Wh or kWh"),
    "wrong-quantity": Bad("senml", index(4211, n="hunger"), "unknown_quantity", "is none of"),
    "must-understand": Bad("senml", index(4211, secret_=1), "unknown_field", "secret_"),
    "another-shape": Bad("senml", b'{"power": 431}', "wrong_shape", "array"),
    "deep": Bad("senml", b"[" * 100_000, "wrong_shape", "deep"),
    "empty": Bad("senml", b"", "empty", "is empty"),
    "no-values": Bad("load-curve", curve(values=[None, None]), "empty", "no value"),
    "a-mebibyte": Bad("senml", b"x" * MIB, "not_json", "column 1"),
    "over-a-mebibyte": Bad("senml", b"[" + b" " * MIB + b"]", "too_large", "the limit is 1048576"),
    "unknown-codec": Bad("not-a-codec", index(4211), "unknown_codec", "known are"),
}


def message(device: Device, tail: str, payload: bytes, **more: Any) -> Publication:
    topic = "/".join(filter(None, (device.topic, tail)))
    return Publication(datetime.now(UTC), device.username, device.meter, topic, payload, **more)


def publish(house: House, devices: Sequence[Device], stream: Sequence[Publication]) -> None:
    with Fleet(house.endpoints["mqtt"], devices, Ledger()) as fleet:
        fleet.publish_all(iter(stream))


def stored(house: House, meter: str) -> dict[int, int]:
    """Epoch seconds and value in Wh of all that is stored of a meter, read past every room."""
    with psycopg.connect(house.endpoints["database"]) as connection:
        rows = connection.execute(
            "SELECT extract(epoch FROM instant)::bigint, value_milli / 1000 FROM metering.reading"
            " WHERE meter = %s ORDER BY 1",
            (meter,),
        ).fetchall()
    return dict(rows)


def rejected(operator: Api, **filters: str) -> list[dict[str, Any]]:
    return list(operator.pages("/operations/rejected", limit=200, **filters))


def rejected_of(operator: Api, home: Home) -> list[dict[str, Any]]:
    return [row for row in rejected(operator) if home.meter in row["topic"]]


# What devices send


@pytest.fixture(scope="module")
def quarantine(house: House, operator: Api) -> dict[str, dict[str, Any]]:
    """One bad message of each kind with a good neighbour after it; the rows of quarantine by kind."""
    home = a_home(house, "Q1")
    stream = [message(home.device, "", index(1))]
    neighbours = {}
    for n, (name, bad) in enumerate(BAD.items()):
        at = START + n * HALF_HOUR
        neighbours[at] = 1_000_000 + 100 * n
        stream += [
            message(home.device, f"{bad.codec}/{name}", bad.payload),
            message(home.device, "senml/deeper/levels" if n % 2 else "senml", index(neighbours[at], at)),
        ]
    publish(house, home.devices, stream)
    eventually(lambda: len(rejected_of(operator, home)) == len(BAD) + 1, 90, "the quarantine is not complete")
    eventually(lambda: stored(house, home.meter) == neighbours, 90, "a neighbour is not stored")
    return {row["topic"].rpartition("/")[2]: row for row in rejected_of(operator, home)} | {
        "no-codec": next(row for row in rejected_of(operator, home) if row["topic"] == home.device.topic)
    }


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_read_is_kept_with_its_reason_and_words(
    quarantine: dict[str, dict[str, Any]], name: str
) -> None:
    row, bad = quarantine[name], BAD[name]
    assert row["reason"] == bad.reason
    assert bad.words in row["detail"]
    assert row["status"] == "waiting"
    assert (row["payload"] or "").encode()[:20] == bad.payload.decode("utf-8", "replace").replace(
        "\x00", "\ufffd"
    ).encode()[:20]


def test_a_topic_without_codec_is_unknown(quarantine: dict[str, dict[str, Any]]) -> None:
    assert quarantine["no-codec"]["reason"] == "unknown_topic"
    assert "meters/{coop}/{meter}/{codec}" in quarantine["no-codec"]["detail"]


def test_the_quarantine_can_be_asked_by_reason(operator: Api, quarantine: dict[str, dict[str, Any]]) -> None:
    future = rejected(operator, reason="in_future")
    assert {row["id"] for row in future} == {
        quarantine[name]["id"] for name in BAD if BAD[name].reason == "in_future"
    }
    one = operator.get(f"/operations/rejected/{future[0]['id']}")
    assert one["detail"] == future[0]["detail"]


def test_a_message_can_be_given_up_once(operator: Api, quarantine: dict[str, dict[str, Any]]) -> None:
    id = quarantine["cut-off"]["id"]
    assert "discard" in quarantine["cut-off"]["legal_actions"]
    assert operator.post(f"/operations/rejected/{id}/discard")["status"] == "discarded"
    given_up = operator.get(f"/operations/rejected/{id}")
    assert given_up["status"] == "discarded"
    assert given_up["payload"] is None
    assert given_up["legal_actions"] == []
    with pytest.raises(ApiError) as refusal:
        operator.post(f"/operations/rejected/{id}/discard")
    assert refusal.value.status == 409
    assert refusal.value.legal_actions == []


def test_a_retry_of_what_is_still_unreadable_says_so_again(
    operator: Api, quarantine: dict[str, dict[str, Any]]
) -> None:
    id = quarantine["wrong-unit"]["id"]
    assert operator.post(f"/operations/rejected/{id}/retry")["status"] == "retry"
    eventually(lambda: operator.get(f"/operations/rejected/{id}")["status"] == "waiting", 90)
    again = operator.get(f"/operations/rejected/{id}")
    assert again["reason"] == "wrong_unit"
    assert again["payload"] is not None


def test_a_retained_message_is_stored_once(house: House, operator: Api) -> None:
    """A restarted intake subscribes again and is given it again: nothing changes."""
    home = a_home(house, "R1")
    publish(house, home.devices, [message(home.device, "senml", index(5_000), is_retained=True)])
    eventually(lambda: stored(house, home.meter) == {START: 5_000}, 90)
    old = house.kill("intake")
    eventually(lambda: house.has_again("intake", old) and house.is_ready(), 90, "intake did not come back")
    publish(house, home.devices, [message(home.device, "senml", index(5_100, START + HALF_HOUR))])
    eventually(lambda: stored(house, home.meter) == {START: 5_000, START + HALF_HOUR: 5_100}, 90)
    assert not rejected_of(operator, home)


def test_a_device_cannot_publish_for_its_neighbour(house: House, operator: Api) -> None:
    one, other = a_home(house, "N1"), a_home(house, "N2")
    forged = Publication(
        datetime.now(UTC), one.device.username, one.meter, f"{other.device.topic}/senml", index(666)
    )
    with Fleet(house.endpoints["mqtt"], one.devices, Ledger()) as fleet:
        fleet.publish(forged)
        fleet.publish(message(one.device, "senml", index(7)))
        eventually(lambda: fleet.idle(0.1) or stored(house, one.meter) == {START: 7}, 90)
    assert stored(house, other.meter) == {}
    assert not rejected_of(operator, other)
    eventually(lambda: operator.get("/operations/overview")["devices_astray"] >= 1, 90)
    checks = {check.name: check for check in examine_all(Settings.model_construct(data_dir=house.data_dir))}
    told = checks["devices' topics"]
    assert (told.verdict, one.meter in told.advice, other.meter in told.advice) == ("warning", True, False)


# A gateway


def test_an_unmapped_channel_waits_and_is_stored_once_it_is_mapped(
    house: House, operator: Api, staff: Api
) -> None:
    home = a_home(house, "G1")
    answer = staff.post("/gateways", {"coop": COOP, "codec": "senml", "channels": {}})
    gateway = Device(answer["id"], answer["topic"], answer["mqtt_username"], answer["mqtt_password"])
    publish(house, [gateway], [message(gateway, "senml/palier-3-gauche", index(8_000))])
    eventually(lambda: len(rejected(operator, reason="unknown_meter")) == 1, 90)
    waiting = rejected(operator, reason="unknown_meter")[0]
    assert waiting["gateway"] == answer["id"]
    assert waiting["channel"] == "palier-3-gauche"
    assert "palier-3-gauche" in waiting["detail"]
    assert waiting["legal_actions"] == ["retry", "discard"]

    assert operator.post(f"/operations/rejected/{waiting['id']}/retry")["status"] == "retry"
    eventually(lambda: operator.get(f"/operations/rejected/{waiting['id']}")["status"] == "waiting", 90)
    assert stored(house, home.meter) == {}

    staff.put(f"/gateways/{answer['id']}/channels", {"channels": {"palier-3-gauche": home.meter}})
    eventually(lambda: stored(house, home.meter) == {START: 8_000}, 90, "the reading still waits")
    done = operator.get(f"/operations/rejected/{waiting['id']}")
    assert done["status"] == "retried"
    assert done["payload"] is None

    publish(house, [gateway], [message(gateway, "senml/palier-3-gauche", index(8_100, START + HALF_HOUR))])
    eventually(lambda: stored(house, home.meter) == {START: 8_000, START + HALF_HOUR: 8_100}, 90)


# Consent


def discarded(operator: Api) -> dict[str, int]:
    found: dict[str, int] = operator.get("/operations/overview")["readings_discarded"]
    return found


def test_without_consent_a_reading_is_counted_and_not_kept(house: House, operator: Api) -> None:
    home, before = a_home(house, "S1", consents=()), discarded(operator)
    publish(house, home.devices, [message(home.device, "senml", index(1_000))])
    eventually(lambda: discarded(operator)["no_consent"] == before["no_consent"] + 1, 90)
    assert stored(house, home.meter) == {}


def test_of_what_cannot_be_read_nothing_is_kept_without_consent(house: House, operator: Api) -> None:
    home = a_home(house, "S2", consents=())
    publish(house, home.devices, [message(home.device, "senml", b"a life in 5 words")])
    eventually(lambda: len(rejected_of(operator, home)) == 1, 90)
    row = rejected_of(operator, home)[0]
    assert row["payload"] is None
    assert row["reason"] == "not_json"


def test_outside_the_occupancy_a_reading_is_counted_and_not_kept(house: House, operator: Api) -> None:
    home, before = a_home(house, "S3"), discarded(operator)
    earlier = int(datetime(2025, 12, 30, tzinfo=UTC).timestamp())
    publish(house, home.devices, [message(home.device, "senml", index(1_000, earlier))])
    eventually(lambda: discarded(operator)["outside_occupancy"] == before["outside_occupancy"] + 1, 90)
    assert stored(house, home.meter) == {}


def test_withdrawing_consent_deletes_at_once(house: House, operator: Api) -> None:
    home = a_home(house, "W1")
    resident = house.api("resident", COOP, home.person)
    readings = [
        message(home.device, "senml", index(1_000 + 100 * n, START + n * HALF_HOUR)) for n in range(5)
    ]
    publish(house, home.devices, [*readings, message(home.device, "senml", b"spoilt")])
    span = {"from": "2026-03-01", "to": "2026-03-03"}

    def shown() -> list[Any]:
        answer = resident.call("GET", f"/meters/{home.meter}/days", query=span)
        days: list[Any] = answer["days"]
        return days

    eventually(lambda: [day["value"] for day in shown()] == [400], 90)
    eventually(lambda: len(rejected_of(operator, home)) == 1, 90)
    for purpose in ("half_hourly", "daily"):
        resident.put(
            f"/occupancies/{home.occupancy}/consents/{purpose}",
            {"granted": False, "by": home.person, "text_version": "2026-01", "channel": "self"},
        )
    eventually(lambda: not stored(house, home.meter), 90, "readings are still there")
    eventually(lambda: not shown() and not rejected_of(operator, home), 90, "days or quarantine are left")
    before = discarded(operator)
    publish(house, home.devices, [readings[0]])
    eventually(lambda: discarded(operator)["no_consent"] == before["no_consent"] + 1, 90)
    assert stored(house, home.meter) == {}


# What people send


@pytest.fixture(scope="module")
def two_homes(house: House) -> tuple[Home, Home]:
    return a_home(house, "T1"), a_home(house, "T2")


def refusal_of(api: Api, method: str, path: str, body: Any = None) -> ApiError:
    with pytest.raises(ApiError) as refusal:
        api.call(method, path, body)
    return refusal.value


def a_ticket(home: Home, **more: Any) -> dict[str, Any]:
    return {
        "occupancy": home.occupancy, "place": "kitchen", "element": "tap", "symptom": "leak",
        "description": "Le robinet goutte.", "channel": "portal",
    } | more  # fmt: skip


def test_anothers_things_do_not_exist(house: House, staff: Api, two_homes: tuple[Home, Home]) -> None:
    mine, other = two_homes
    resident = house.api("resident", COOP, mine.person)
    ticket = staff.post("/tickets", a_ticket(other, channel="phone"))["id"]
    for method, path, body in [
        ("GET", f"/tickets/{ticket}", None),
        ("GET", f"/tickets/{ticket}/history", None),
        ("POST", f"/tickets/{ticket}/actions", {"action": "cancel"}),
        ("POST", "/tickets", a_ticket(other)),
        ("GET", f"/meters/{other.meter}/days", None),
        ("GET", f"/meters/{other.meter}/curve?day=2026-03-02", None),
        ("GET", f"/occupancies/{other.occupancy}", None),
        ("GET", f"/occupancies/{other.occupancy}/tips", None),
        ("GET", f"/occupancies/{other.occupancy}/data-uses", None),
        ("GET", f"/persons/{other.person}", None),
        ("GET", f"/persons/{other.person}/notifications", None),
        ("DELETE", f"/persons/{other.person}/data", None),
        ("PUT", f"/occupancies/{other.occupancy}/consents/daily",
         {"granted": False, "by": other.person, "text_version": "2026-01", "channel": "self"}),
    ]:  # fmt: skip
        path, _, query = path.partition("?")
        with pytest.raises(ApiError) as refusal:
            resident.call(method, path, body, dict([query.split("=")]) if query else None)
        assert refusal.value.status == 404, f"{method} {path}"
    assert refusal_of(staff, "GET", f"/meters/{other.meter}/days").status == 404


def test_the_wrong_role_is_told_so(
    house: House, staff: Api, operator: Api, two_homes: tuple[Home, Home]
) -> None:
    resident = house.api("resident", COOP, two_homes[0].person)
    for api, method, path, body in [
        (resident, "GET", "/operations/overview", None),
        (staff, "GET", "/operations/rejected", None),
        (operator, "POST", "/tickets", a_ticket(two_homes[0])),
        (resident, "POST", "/move-outs", {"occupancy": two_homes[0].occupancy, "moved_out_on": "2026-03-02"}),
        (staff, "POST", "/coops", {"slug": "autre", "name": "Autre"}),
    ]:
        assert refusal_of(api, method, path, body).status == 403, f"{method} {path}"
    assert refusal_of(Api(house.endpoints["http"], "palier_nobody"), "GET", "/taxonomy").status == 401


def test_an_illegal_action_names_the_legal_ones(staff: Api, two_homes: tuple[Home, Home]) -> None:
    ticket = staff.post("/tickets", a_ticket(two_homes[0], channel="phone"))["id"]
    refusal = refusal_of(staff, "POST", f"/tickets/{ticket}/actions", {"action": "finish"})
    assert refusal.status == 409
    assert "acknowledge" in refusal.legal_actions
    assert "finish" not in refusal.legal_actions
    for action in refusal.legal_actions:
        if action == "acknowledge":
            staff.post(f"/tickets/{ticket}/actions", {"action": action})
    assert staff.get(f"/tickets/{ticket}")["state"] == "acknowledged"


@pytest.mark.parametrize(
    ("path", "body", "pointer"),
    [
        ("/tickets", {"place": "moon"}, "/place"),
        ("/tickets", {"element": "unicorn"}, "/element"),
        ("/tickets", {"description": ""}, "/description"),
        ("/tickets", {"since": "2099-01-01"}, "/since"),
        ("/tickets", {"since": "yesterday"}, "/since"),
        ("/tickets", {"surprise": 1}, "/surprise"),
        ("/tickets", {"building": "bld_1"}, "/occupancy"),
    ],
)
def test_a_bad_field_is_named_by_its_pointer(
    staff: Api, two_homes: tuple[Home, Home], path: str, body: dict[str, Any], pointer: str
) -> None:
    refusal = refusal_of(staff, "POST", path, a_ticket(two_homes[0]) | body)
    assert refusal.status == 422
    assert [error["pointer"] for error in refusal.problem["errors"]] == [pointer]
    assert all(error["code"] and error["message"] for error in refusal.problem["errors"])


def test_a_repeated_post_is_done_once(staff: Api, two_homes: tuple[Home, Home]) -> None:
    key, body = str(uuid4()), a_ticket(two_homes[1], channel="counter", description=f"Fuite {time.time_ns()}")
    first = staff.call("POST", "/tickets", body, key=key)
    assert staff.call("POST", "/tickets", body, key=key) == first
    mine = staff.pages("/tickets", occupancy=two_homes[1].occupancy, limit=200)
    assert [row["id"] for row in mine].count(first["id"]) == 1
    with pytest.raises(ApiError) as refusal:
        staff.call("POST", "/tickets", body | {"description": "another"}, key=key)
    assert refusal.value.status == 422
    action = str(uuid4())
    for _ in range(2):
        answer = staff.call("POST", f"/tickets/{first['id']}/actions", {"action": "acknowledge"}, key=action)
        assert answer["state"] == "acknowledged"
    history = staff.get(f"/tickets/{first['id']}/history")["events"]
    assert [event["action"] for event in history] == ["submit", "acknowledge"]


def test_after_all_this_every_process_still_runs(house: House, operator: Api) -> None:
    assert house.is_ready()
    assert house.operator().get("/operations/overview")["dead_letters"] == 0
    assert timedelta(seconds=operator.get("/operations/overview")["lag_seconds"]) < timedelta(minutes=1)
