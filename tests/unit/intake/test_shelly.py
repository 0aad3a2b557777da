"""Shelly's energy meters: the total of a device, at its own time, and never a part taken for the whole."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from contracts.codes import Kind, Quantity, Reason
from tests.unit.intake.devices import NOON, amounts, on_a_gateway, on_a_meter, refusal, values

TS = NOON.timestamp() - 30


def notified(**components: Any) -> dict[str, Any]:
    params = {"ts": TS} | {name.replace("__", ":"): status for name, status in components.items()}
    return {"src": "shellypro3em-1234567890ab", "method": "NotifyStatus", "params": params}


def test_of_three_phases_only_the_total_is_an_index():
    said = {
        "id": 0, "a_total_act_energy": 0.06, "b_total_act_energy": 0.06, "c_total_act_energy": 26289.44,
        "c_total_act_ret_energy": 131881.85, "total_act": 26289.57, "total_act_ret": 131881.86,
    }  # fmt: skip
    found = values("shelly", "events/rpc", notified(emdata__0=said))
    assert amounts(found) == {"energy_import": 26_289_570, "energy_export": 131_881_860}
    assert {value.instant for value in found} == {datetime.fromtimestamp(TS, UTC)}


def test_power_is_negative_when_feeding_in_and_volt_amperes_are_not_watts():
    said = {"id": 0, "c_act_power": -18, "total_act_power": -18.017, "total_aprt_power": 108.708}
    found = values("shelly", "events/rpc", notified(em__0=said))
    assert amounts(found) == {"power": -18_017, "apparent_power": 108_708}
    assert {value.quantity for value in found} == {Quantity.POWER, Quantity.APPARENT_POWER}


def test_a_partial_status_says_only_what_changed():
    assert values("shelly", "events/rpc", notified(em__0={"id": 0, "a_act_power": 12.0})) == []
    found = values(
        "shelly", "events/rpc", notified(emdata__0={"id": 0, "total_act": 5, "total_act_ret": None})
    )
    assert amounts(found) == {"energy_import": 5_000}


def test_a_status_topic_has_no_time_so_it_is_dated_by_its_arrival():
    found = values("shelly", "status/em1data:0", {"id": "0", "total_act_energy": 1234.5})
    assert [(value.register, value.instant, value.value_milli) for value in found] == [
        ("energy_import", NOON, 1_234_500)
    ]


def test_a_clock_that_was_never_set_is_no_reason_to_lose_a_reading():
    frame = notified(emdata__0={"total_act": 7})
    frame["params"]["ts"] = None
    (value,) = values("shelly", "events/rpc", frame)
    assert value.instant == NOON


def test_a_clock_that_is_wrong_is():
    frame = notified(emdata__0={"total_act": 7})
    for ts, reason in ((12.5, Reason.TOO_OLD), (TS * 1000, Reason.IN_FUTURE), ("now", Reason.NOT_A_NUMBER)):
        frame["params"]["ts"] = ts
        assert refusal("shelly", "events/rpc", frame).reason == reason


CIRCUIT = [4.5, 4.4, 0.25, 0.2, 0, 0.9, 300, 250, 310, 260, 231, 229, 230, 1.4, 1.1, 1.2]


def records(component: str, *rows: list[Any], **changes: Any) -> dict[str, Any]:
    data = {"ts": int(TS) - 600, "period": 60, "values": list(rows)} | changes
    event = {"component": component, "id": 0, "event": "data", "ts": int(TS) - 600, "data": data}
    return {"src": "shelly", "method": "NotifyEvent", "params": {"ts": TS, "events": [event]}}


def test_the_records_of_each_minute_are_amounts_over_all_phases():
    frame = records("emdata:0", CIRCUIT * 3 + [0.1, 0.1, 0.1], CIRCUIT * 3 + [0.1, 0.1, 0.1])
    found = values("shelly", "events/rpc", frame)
    assert [(v.register, v.kind, v.step_s, v.value_milli) for v in found] == [
        ("energy_import@60", Kind.INTERVAL, 60, 13_500),
        ("energy_export@60", Kind.INTERVAL, 60, 750),
    ] * 2
    assert (found[2].instant - found[0].instant).total_seconds() == 60
    assert found[0].instant == datetime.fromtimestamp(int(TS) - 600, UTC)


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        (records("emdata:0", CIRCUIT), Reason.WRONG_SHAPE),
        (records("em1data:0", [*CIRCUIT, 1]), Reason.WRONG_SHAPE),
        (records("em1data:0", ["4.5", *CIRCUIT[1:]]), Reason.NOT_A_NUMBER),
        (records("em1data:0", CIRCUIT, period=7), Reason.WRONG_SHAPE),
        (records("em1data:0", CIRCUIT, ts=TS + 86_400), Reason.IN_FUTURE),
        (records("em1data:0", CIRCUIT, values=None), Reason.WRONG_SHAPE),
        (records("em1data:0", *[CIRCUIT] * 10_001, ts=int(TS) - 10_002 * 60), Reason.TOO_LARGE),
    ],
)
def test_a_record_of_another_form_is_refused(frame: dict[str, Any], reason: Reason):
    assert refusal("shelly", "events/rpc", frame).reason == reason


def test_a_second_clamp_is_another_meter():
    both = notified(
        em1data__0={"total_act_energy": 10}, em1data__1={"total_act_energy": 20}, em1__1={"act_power": 3}
    )
    assert on_a_meter("shelly/events/rpc", both) == {"energy_import": 10_000}
    assert on_a_gateway("shelly/events/rpc", both) == {
        ("em1:0", "energy_import"): 10_000,
        ("em1:1", "energy_import"): 20_000,
        ("em1:1", "power"): 3_000,
    }
    second = {"id": 1, "total_act_energy": 20.0, "total_act_ret_energy": 0.0}
    assert on_a_meter("shelly/status/em1data:1", second) == Reason.WRONG_SHAPE


def test_several_devices_behind_a_gateway_are_told_apart_by_their_names():
    said = notified(em1data__0={"total_act_energy": 10}, em1data__1={"total_act_energy": 20})
    assert on_a_gateway("shelly/garage/events/rpc", said) == {
        ("garage", "energy_import"): 10_000,
        ("garage/em1:1", "energy_import"): 20_000,
    }
    assert on_a_gateway("shelly/attic/status/emdata:0", {"total_act": 3}) == {
        ("attic", "energy_import"): 3_000
    }
    assert values("shelly", "attic/online", b"true") == []


def test_a_clamp_that_nothing_ever_flowed_through_fills_no_quarantine():
    idle = {"id": 1, "total_act_energy": 0.0, "total_act_ret_energy": 0.0}
    assert on_a_meter("shelly/status/em1data:1", idle) == {}
    assert on_a_meter("shelly/status/em1:1", {"id": 1, "act_power": 0.3, "voltage": 230.1}) == {}


def test_the_first_generation_does_not_tell_whether_its_clamps_belong_together():
    assert on_a_gateway("shelly/emeter/0/total", b"401472.9") == {("emeter:0", "energy_import"): 401_472_900}
    assert on_a_gateway("shelly/emeter/2/power", b"-620.34") == {("emeter:2", "power"): -620_340}
    assert on_a_meter("shelly/emeter/0/total", b"401472.9") == Reason.WRONG_SHAPE
    assert values("shelly", "emeter/0/energy", b"12") == [], "watt-minutes since the last message"


@pytest.mark.parametrize(
    ("tail", "said"),
    [
        ("online", b"true"), ("announce", {"id": "x"}), ("status/wifi", {"ssid": "home"}), ("status/sys", {}),
        ("status/switch:0", {"output": True}), ("rpc", b"?"),
        ("events/rpc", notified(wifi={"rssi": -60}, sys={"unixtime": 1})),
        ("events/rpc", {"method": "NotifyEvent", "params": {"events": [{"component": "input:0"}]}}),
    ],
)  # fmt: skip
def test_what_is_no_reading_is_understood(tail: str, said: Any):
    assert values("shelly", tail, said) == []


@pytest.mark.parametrize(
    ("tail", "said", "reason"),
    [
        ("events/rpc", b"", Reason.EMPTY),
        ("events/rpc", b"{", Reason.NOT_JSON),
        ("events/rpc", [], Reason.WRONG_SHAPE),
        ("events/rpc", {"method": "Sys.Reboot", "params": {}}, Reason.WRONG_SHAPE),
        ("status/em:0", 5, Reason.WRONG_SHAPE),
        ("status/em:0", {"total_act_power": "12"}, Reason.NOT_A_NUMBER),
        ("status/em:0", {"total_act_power": True}, Reason.NOT_A_NUMBER),
        ("status/em:0", {"total_act_power": 1, "errors": ["power_meter_failure"]}, Reason.OUT_OF_RANGE),
        ("status/emdata:0", {"total_act": -1}, Reason.NEGATIVE_REGISTER),
        ("status/emdata:0", {"total_act": 1e30}, Reason.OUT_OF_RANGE),
        ("status/pm1:0", {"apower": 3}, Reason.UNKNOWN_QUANTITY),
        ("emeter/0/total", b"nan", Reason.NOT_A_NUMBER),
        ("emeter/0/new", b"1", Reason.UNKNOWN_QUANTITY),
        ("elsewhere", {}, Reason.UNKNOWN_TOPIC),
    ],
)
def test_refusals_say_why(tail: str, said: Any, reason: Reason):
    assert refusal("shelly", tail, said).reason == reason


def test_real_payloads(shared_data: Path):
    lines = (shared_data / "mqtt_payloads.jsonl").read_text().splitlines()
    rows = {row["id"]: row["payload"] for row in map(json.loads, lines) if row["id"].startswith("shelly")}
    for id in ("shelly_pro3em_em0", "shelly_pro3em_em0_b"):
        said = rows[id]
        assert amounts(values("shelly", "status/em:0", said)) == {
            "power": Decimal(str(said["total_act_power"])) * 1_000,
            "apparent_power": Decimal(str(said["total_aprt_power"])) * 1_000,
        }
    assert amounts(values("shelly", "status/emdata:0", rows["shelly_pro3em_emdata0"])) == {
        "energy_import": 345_628_030,
        "energy_export": 1_247_420,
    }
    power, voltage = rows["shelly_3em_gen1_power"].encode(), rows["shelly_3em_gen1_voltage"].encode()
    assert amounts(values("shelly", "emeter/0/power", power)) == {"power": 120_110}
    assert amounts(values("shelly", "emeter/1/voltage", voltage)) == {"voltage": 237_510}
