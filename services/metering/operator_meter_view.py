"""A meter's day as an operator looks at it: half-hours with their times, what is held back and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from contracts.codes import EditKind, Quality
from services.metering import clock_times, picture
from services.metering.days import CivilDay
from services.metering.findings import Told
from services.metering.settle import Slot

UNKNOWN = ("-", "–", "?")


@dataclass(frozen=True, slots=True)
class Stretch:
    """Neighbouring half-hours, both inside, with what is known of them."""

    first: int
    last: int
    begin: str
    end: str
    findings: tuple[Told, ...]


def times(civil: CivilDay, language: str) -> list[str]:
    """The local time of each half-hour's beginning, and of the day's end; of the hour that an autumn day has
    twice, each time is named."""
    zone = ZoneInfo(civil.zone)
    begins = [
        clock_times.told((civil.starts_at + slot * timedelta(minutes=30)).astimezone(zone), language)
        for slot in range(civil.slots)
    ]
    return [*begins, begins[0] if civil.first_hour else "24:00"]  # a gas day ends at the hour it began


def length(seconds: int) -> str:
    """So many seconds as a person says a rhythm: `30 min`, `1 h`, `10 s`."""
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * size or (seconds >= size and seconds % size == 0):
            return f"{round(seconds / size)} {unit}"
    return f"{seconds} s"


def held(slots: Sequence[Slot], findings: Sequence[Told], names: Sequence[str]) -> list[Stretch]:
    """What is held back, each stretch with the findings that touch it."""
    return [
        Stretch(
            one.first, one.after - 1, names[one.first], names[one.after],
            tuple(
                found for found in findings
                if found.from_slot < one.after and found.to_slot >= one.first and found.is_held
            ),
        )
        for one in picture.stretches(slot.quality for slot in slots)
        if one.quality is Quality.SUSPECT
    ]  # fmt: skip


def chart(civil: CivilDay, slots: Sequence[Slot], factor: int) -> dict[str, Any]:
    """The half-hours as a chart takes them; a half-hour's Wh, doubled, is its mean power in W."""
    return {
        "x": [
            int((civil.starts_at + slot * timedelta(minutes=30)).timestamp()) for slot in range(len(slots))
        ],
        "values": [None if slot.value is None else slot.value * factor for slot in slots],
    }


def amounts(typed: str, kind: EditKind, slots: int) -> tuple[tuple[int | None, ...] | None, int | None]:
    """Values and total from what a person typed: one number is a total to spread, several are one for each
    half-hour, a dash is unknown. Raises `ValueError` when it is neither."""
    words = typed.replace(";", " ").split()
    if kind is not EditKind.SET or not words:
        return None, None
    values = tuple(None if word in UNKNOWN else int(word) for word in words)
    if len(values) == 1 and slots > 1 and values[0] is not None:
        return None, values[0]
    return values, None
