"""Short ways to speak as a French meter's device in a test."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from services.intake.codecs import CODECS, Refusal
from services.intake.codecs.base import Value

PARIS = ZoneInfo("Europe/Paris")
ARRIVED = datetime(2026, 7, 20, 15, 43, 7, tzinfo=PARIS)

TEMPO = {
    "active_energy_out_d01": 4634.2,
    "active_energy_out_d02": 6295.8,
    "active_power": 650,
    "active_power_max": 1346,
    "apparent_power": 783,
    "current_date": "E260720154205",
    "current_price": "HP BLEU",
    "current_summ_delivered": 16494.5,
    "current_tarif": "TEMPO",
    "current_tier1_summ_delivered": 9340.7,
    "current_tier2_summ_delivered": 5508.8,
    "current_tier3_summ_delivered": 334.4,
    "current_tier4_summ_delivered": 794.7,
    "current_tier5_summ_delivered": 159.3,
    "current_tier6_summ_delivered": 356.7,
    "linkquality": 64,
    "message2": "",
    "rms_current": 4,
    "rms_voltage": 235,
}
"""A ZLinky in standard mode with a Tempo contract, as an owner reported it."""


def said(codec: str, message: Any, tail: str, at: datetime = ARRIVED) -> list[Value] | Refusal:
    payload = message if isinstance(message, bytes) else json.dumps(message).encode()
    return CODECS[codec](tail, payload, at)


def taken(codec: str, message: Any, tail: str, at: datetime = ARRIVED) -> list[Value]:
    outcome = said(codec, message, tail, at)
    assert not isinstance(outcome, Refusal), outcome
    assert all(value.instant.tzinfo is UTC for value in outcome)
    return outcome


def registers(codec: str, message: Any, tail: str, at: datetime = ARRIVED) -> dict[str, float]:
    """Register → value in our unit."""
    values = taken(codec, message, tail, at)
    found = {value.register: value.value_milli / 1_000 for value in values}
    assert len(found) == len(values), "a register twice in one message"
    return found


def refused(codec: str, message: Any, tail: str, at: datetime = ARRIVED) -> Refusal:
    outcome = said(codec, message, tail, at)
    assert isinstance(outcome, Refusal), outcome
    assert outcome.detail
    return outcome


def real(shared_data: Path, name: str) -> Any:
    """The payload of that name among the real ones."""
    for line in (shared_data / "mqtt_payloads.jsonl").read_text().splitlines():
        row = json.loads(line)
        if row["id"] == name:
            return row["payload"]
    raise KeyError(name)
