"""Values of an import that is taken back pass to the next import that spoke of the same times."""

import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text

from contracts.codes import Quantity
from services.kit.unit import Unit
from services.metering.days import instant_of, microseconds
from services.metering.imports import echoes, storing
from services.metering.imports.comparing import ROUNDING_MILLI, Key, Outcome, Value
from services.metering.imports.echoes import Echo, Told
from services.metering.imports.succession import Claim, Standing, heirs, outcome
from services.metering.registry import Meter

_STORED = """
SELECT register, instant, value_milli, received_at FROM metering.reading
WHERE meter = :meter AND register = ANY(:registers) AND instant >= :first AND instant <= :last
"""
# What differed from a value that is gone may be the very value that stands now.
_AGREED = """
DELETE FROM metering.disagreement d USING metering.reading r
WHERE d.meter = :meter AND d.instant >= :first AND d.instant <= :last
  AND r.meter = d.meter AND r.register = d.register AND r.instant = d.instant
  AND abs(r.value_milli - d.value_milli) <= :rounding
"""
_COUNT = """
UPDATE metering.file_import SET accepted = accepted + :accepted,
    duplicate = greatest(0, duplicate + :duplicate), conflict = greatest(0, conflict + :conflict),
    accepted_milli = accepted_milli + :milli,
    sums = (SELECT coalesce(jsonb_object_agg(t.quantity, t.milli), '{}'::jsonb) FROM (
        SELECT s.key AS quantity, sum(s.value::bigint) AS milli FROM (
            SELECT * FROM jsonb_each_text(coalesce(sums, '{}'::jsonb))
            UNION ALL SELECT * FROM jsonb_each_text(CAST(:sums AS jsonb))) s GROUP BY s.key) t),
    touched = (SELECT coalesce(jsonb_agg(DISTINCT t.occupancy), '[]'::jsonb) FROM (
        SELECT jsonb_array_elements(touched) UNION ALL SELECT jsonb_array_elements(CAST(:touched AS jsonb))
        ) AS t(occupancy))
WHERE id = :id
"""

Time = tuple[Quantity, int, int]
"""What is counted, for how many seconds, and from when in microseconds since 1970."""


class Reading(NamedTuple):
    """A stored value of a file; `stamp` tells whose."""

    register: str
    us: int
    value_milli: int
    stamp: datetime


@dataclass(slots=True)
class _Share:
    """What becomes of one import's values."""

    values: list[Value] = field(default_factory=list)
    """That stand now."""
    disputed: list[Value] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    """Changes: `accepted`, `duplicate`, `conflict`."""


async def hand_over(unit: Unit, meter: Meter, gone: Sequence[Reading]) -> None:
    """Store what others said of the times of these readings, which are deleted, and count it as theirs."""
    first, last = min(one.us for one in gone), max(one.us for one in gone)
    told = await echoes.between(unit, meter.id, first, last)
    if not told:
        return
    stored = await _stored(unit, meter.id, told, gone, first, last)
    before = {(one.register, one.us): one.value_milli for one in [*stored.values(), *gone]}
    times = {_time(one.register, one.us) for one in gone}
    claims: dict[Time, list[Claim]] = defaultdict(list)
    others: dict[Told, list[Echo]] = {}
    for one in told:
        spoken = [_resolved(echo, before) for echo in one.run.echoes()]
        if any(_time(echo.register, echo.us) in times for echo in spoken):
            others[one] = spoken
        for echo in spoken:
            time = _time(echo.register, echo.us)
            if time in times and echo.value_milli is not None:
                claims[time].append(_claim(one.stamp, one.file_import, echo.register, echo.value_milli))
    shares = _shares(claims, stored, gone)
    await _write(unit, meter, told, shares, first, last)
    await _echo_again(unit, meter, others, shares, claims, stored, before)


def _shares(
    claims: Mapping[Time, Sequence[Claim]], stored: Mapping[Key, Reading], gone: Sequence[Reading]
) -> dict[str, _Share]:
    """By import: what it stands for now, and how its counts change."""
    shares: dict[str, _Share] = defaultdict(_Share)
    lost: dict[Time, list[Claim]] = defaultdict(list)
    for one in gone:
        lost[_time(one.register, one.us)].append(_claim(one.stamp, "", one.register, one.value_milli))
    for time, of_time in claims.items():
        held = _held(time, stored)
        was = Standing(
            held.measured or next((one for one in lost[time] if not one.is_estimated), None),
            held.estimated or next((one for one in lost[time] if one.is_estimated), None),
        )
        new = heirs(of_time, held)
        now = Standing(
            held.measured or next((one for one in new if not one.is_estimated), None),
            held.estimated or next((one for one in new if one.is_estimated), None),
        )
        for claim in of_time:
            share = shares[claim.file_import]
            value = Value(time[0], time[1], time[2], claim.value_milli, claim.is_estimated)
            share.counts[outcome(claim, was)] -= 1
            share.counts[outcome(claim, now)] += 1
            own = now.own(claim)
            if claim in new:
                share.values.append(value)
            elif own is not None and abs(own.value_milli - claim.value_milli) > ROUNDING_MILLI:
                share.disputed.append(value)
    return shares


async def _write(
    unit: Unit, meter: Meter, told: Sequence[Told], shares: Mapping[str, _Share], first: int, last: int
) -> None:
    whose = {one.file_import: one for one in told}
    said = [
        storing.Said(whose[name].codec, whose[name].stamp, share.values) for name, share in shares.items()
    ]
    # What differs comes after what stands: of two values of one time the first is the one that is kept.
    said += [
        storing.Said(whose[name].codec, whose[name].stamp, share.disputed) for name, share in shares.items()
    ]
    await storing.store_values(unit, meter, said)
    values = {"meter": meter.id, "first": instant_of(first), "last": instant_of(last)}
    await unit.session.execute(text(_AGREED), values | {"rounding": ROUNDING_MILLI})
    for name, share in shares.items():
        await _count(unit, meter, name, share)


async def _count(unit: Unit, meter: Meter, name: str, share: _Share) -> None:
    sums: Counter[Quantity] = Counter()
    touched = set()
    for value in share.values:
        sums[value.quantity] += value.value_milli
        occupancy = meter.occupancy_on(meter.calendar.day_of(instant_of(value.us)))
        if occupancy is not None:
            touched.add(occupancy.id)
    counts = {outcome.value: share.counts[outcome] for outcome in Outcome}
    if not any(counts.values()):
        return
    await unit.session.execute(
        text(_COUNT),
        counts
        | {
            "id": name, "milli": sum(sums.values()), "sums": json.dumps(sums),
            "touched": json.dumps(sorted(touched)),
        },
    )  # fmt: skip


async def _echo_again(
    unit: Unit,
    meter: Meter,
    others: Mapping[Told, Sequence[Echo]],
    shares: Mapping[str, _Share],
    claims: Mapping[Time, Sequence[Claim]],
    stored: Mapping[Key, Reading],
    before: Mapping[Key, int],
) -> None:
    """What still only repeats or contradicts is noted anew, beside the values that stand now."""
    now = {key: one.value_milli for key, one in stored.items()}
    for share in shares.values():
        now |= {value.key: value.value_milli for value in share.values}
    inherited = {(name, value.key) for name, share in shares.items() for value in share.values}
    again: dict[str, list[Echo]] = defaultdict(list)
    for one, spoken in others.items():
        for echo in spoken:
            if echo.value_milli is None or (one.file_import, (echo.register, echo.us)) in inherited:
                continue
            is_stored = now.get((echo.register, echo.us)) == echo.value_milli
            again[one.file_import].append(echo._replace(value_milli=None) if is_stored else echo)
    await echoes.forget(unit, meter.id, list(others))
    for name, remaining in again.items():
        await echoes.keep(unit, name, meter, remaining)


async def _stored(
    unit: Unit, meter: str, told: Sequence[Told], gone: Sequence[Reading], first: int, last: int
) -> dict[Key, Reading]:
    """What is stored still of the times that anybody spoke of."""
    registers = {one.run.register for one in told} | {one.register for one in gone}
    registers |= {_twin(register) for register in registers}
    ends = [one.run.us + one.run.length * one.run.step_s * 1_000_000 for one in told]
    begins = [one.run.us for one in told]
    rows = await unit.session.execute(
        text(_STORED),
        {
            "meter": meter, "registers": sorted(registers),
            "first": instant_of(min(first, *begins)), "last": instant_of(max(last, *ends)),
        },
    )  # fmt: skip
    found = (
        Reading(row.register, microseconds(row.instant), row.value_milli, row.received_at) for row in rows
    )
    return {(one.register, one.us): one for one in found}


def _resolved(echo: Echo, before: Mapping[Key, int]) -> Echo:
    """With its value; still None where the one that it repeated is gone since, for instance for its age."""
    if echo.value_milli is not None:
        return echo
    return echo._replace(value_milli=before.get((echo.register, echo.us)))


def _held(time: Time, stored: Mapping[Key, Reading]) -> Standing:
    quantity, step_s, us = time
    value = Value(quantity, step_s, us, 0)
    measured = stored.get(value.key)
    estimated = stored.get(value._replace(is_estimated=True).key)
    return Standing(
        measured and _claim(measured.stamp, "", measured.register, measured.value_milli),
        estimated and _claim(estimated.stamp, "", estimated.register, estimated.value_milli),
    )


def _claim(stamp: datetime, file_import: str, register: str, value_milli: int) -> Claim:
    return Claim(stamp, file_import, ".estimated@" in register, value_milli)


def _time(register: str, us: int) -> Time:
    name, _, step = register.partition("@")
    return Quantity(name.partition(".")[0]), int(step), us


def _twin(register: str) -> str:
    """The register of the estimates beside the measured values, and the reverse."""
    if ".estimated@" in register:
        return register.replace(".estimated@", ".file@")
    return register.replace(".file@", ".estimated@")
