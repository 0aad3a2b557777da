"""Closed days as they are stored: one row of about 150 bytes each, so that many years of them are cheap.

A row says nothing that its neighbours repeat. Meter, quantity, cooperative and household are said once, in
`metering.series`; an all-measured day has no list of qualities; flags, peak and digest share one field with
the packed half-hours, for eight columns keep PostgreSQL's row header at 24 bytes:

    byte 0     1: frozen, 2: half-hours follow, upper six bits: why there is no cost (0: none of `REASONS`)
    byte 1     half-hours of the day (46, 48 or 50)
    bytes 2-4  peak VA, big-endian; 0xFFFFFF: unknown
    bytes 5-12 digest of what was told
    from 13    the half-hours, see `packing`

Everybody reads the view `metering.day`, which has the same as plain columns. It is its owner's and shows
each caller the cooperative of its request: a policy on the rows would ask that 365 times for a year.
`extra` holds what is rare: `quality`, `findings`, a `value` beyond 2^31, a `cost_reason` of another kind, and
`on_record` where the day was told again after readings of it were gone, see `retention`.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import text

from services.kit.unit import Unit

REASONS = (
    "no_contract", "no_price", "no_offpeak_hours", "tempo_colour_unknown", "no_slots", "no_tariff_for_fluid",
)  # fmt: skip
"""Stored by position: append only, and the view with them."""
DIGEST_BYTES = 8
HEAD_BYTES = 13
_NO_PEAK = 0xFFFFFF
_LARGEST = 2**31 - 1
_EPOCH_S = int(datetime(2020, 1, 1, tzinfo=UTC).timestamp())

_SERIES = """
INSERT INTO metering.series (coop, meter, quantity, occupancy)
SELECT DISTINCT * FROM unnest(CAST(:coops AS text[]), CAST(:meters AS text[]), CAST(:quantities AS text[]),
    CAST(:occupancies AS text[])) w(coop, meter, quantity, occupancy)
WHERE NOT EXISTS (
    SELECT 1 FROM metering.series s WHERE s.meter = w.meter AND s.quantity = w.quantity
      AND s.occupancy IS NOT DISTINCT FROM w.occupancy)
ORDER BY 2, 3, 4
ON CONFLICT DO NOTHING
"""
_KNOWN = "SELECT id, meter, quantity, occupancy FROM metering.series WHERE meter = ANY(:meters)"
_KEEP = """
INSERT INTO metering.day_row (series, day, value, closed_s, revision, cost_eur, body, extra)
SELECT w.series, w.day, w.value, w.closed_s, w.revision, w.cost_eur, w.body, w.extra::jsonb
FROM unnest(%(series)b::int[], %(day)b::date[], %(value)b::int[], %(closed_s)b::int[], %(revision)b::int[],
    %(cost_eur)s::numeric[], %(body)b::bytea[], %(extra)s::text[]
) w(series, day, value, closed_s, revision, cost_eur, body, extra)
ON CONFLICT (series, day) DO UPDATE SET value = excluded.value, closed_s = excluded.closed_s,
    revision = excluded.revision, cost_eur = excluded.cost_eur, body = excluded.body, extra = excluded.extra
"""
_CLOSED = "UPDATE metering.series SET last_closed_at = :at WHERE id = ANY(:ids)"
# A household's period was corrected: the day is another's now.
_ELSEWHERE = "DELETE FROM metering.day_row WHERE series = ANY(:others) AND day = :day"
_RECOST = """
UPDATE metering.day_row r SET cost_eur = :cost_eur, revision = :revision, closed_s = :closed_s,
    body = set_byte(r.body, 0, get_byte(r.body, 0) & 3), extra = nullif(r.extra - 'cost_reason', '{}'::jsonb)
FROM metering.series s
WHERE s.meter = :meter AND s.quantity = :quantity AND r.series = s.id AND r.day = :day
"""
FREEZE = f"""
SET body = set_byte(substr(r.body, 1, {HEAD_BYTES}), 0, (get_byte(r.body, 0) & 252) | 1),
    extra = nullif(r.extra - 'findings', jsonb_build_object())
"""
"""SQL of an update of `metering.day_row r`: of the day only its total is left."""


async def keep(unit: Unit, days: Sequence[Mapping[str, Any]]) -> None:
    """Write closed days, new ones or again. A day has the columns of the view; `findings` may be missing."""
    if not days:
        return
    run = unit.session.execute
    keys = sorted(
        {(d["coop"], d["meter"], d["quantity"], d["occupancy"]) for d in days}, key=lambda key: key[:3]
    )
    coops, meters, quantities, occupancies = (list(column) for column in zip(*keys, strict=True))
    await run(
        text(_SERIES),
        {"coops": coops, "meters": meters, "quantities": quantities, "occupancies": occupancies},
    )
    series: dict[tuple[str, str], dict[str | None, int]] = {}
    for id, meter, quantity, occupancy in await run(text(_KNOWN), {"meters": sorted(set(meters))}):
        series.setdefault((meter, quantity), {})[occupancy] = id
    rows = []
    for day in days:
        of_meter = series[day["meter"], day["quantity"]]
        own = of_meter[day["occupancy"]]
        others = [id for id in of_meter.values() if id != own]
        if others and day["revision"] > 1:
            await run(text(_ELSEWHERE), {"others": others, "day": day["day"]})
        rows.append(_row(own, day))
    connection = await unit.driver()
    await connection.execute(_KEEP, {name: [row[name] for row in rows] for name in rows[0]})
    await run(
        text(_CLOSED),
        {"ids": sorted({row["series"] for row in rows}), "at": max(day["closed_at"] for day in days)},
    )


async def recost(unit: Unit, days: Sequence[Mapping[str, Any]]) -> None:
    """A new cost and revision for days of which only the total is left."""
    if days:
        rows = [{**day, "closed_s": seconds(day["closed_at"])} for day in days]
        await unit.session.execute(text(_RECOST), rows)


def seconds(closed_at: datetime) -> int:
    """Whole seconds since 2020, as rows keep it."""
    return int(closed_at.timestamp()) - _EPOCH_S


def body(
    *, slots: int, peak_va: int | None, digest: bytes, packed: bytes | None, cost_reason: str | None
) -> bytes:
    """The field that is stored, see above; a new day is never frozen."""
    code = REASONS.index(cost_reason) + 1 if cost_reason in REASONS else 0
    flags = (2 if packed is not None else 0) | code << 2
    peak = _NO_PEAK if peak_va is None else max(0, min(peak_va, _NO_PEAK - 1))
    digest = digest[:DIGEST_BYTES].ljust(DIGEST_BYTES, b"\0")
    return bytes((flags, slots)) + peak.to_bytes(3) + digest + (packed or b"")


def _row(series: int, day: Mapping[str, Any]) -> dict[str, Any]:
    extra: dict[str, Any] = {}
    quality = json.loads(day["quality"])
    if quality != {"measured": day["slots"]} or day["slots"] not in (46, 48, 50):
        extra["quality"] = quality
    if findings := day.get("findings"):
        extra["findings"] = json.loads(findings)
    if day["value"] > _LARGEST:
        extra["value"] = day["value"]
    if day["is_on_record"]:
        extra["on_record"] = True
    if day["cost_reason"] not in (None, *REASONS):
        extra["cost_reason"] = day["cost_reason"]
    return {
        "series": series,
        "day": day["day"],
        "value": min(day["value"], _LARGEST),
        "closed_s": seconds(day["closed_at"]),
        "revision": day["revision"],
        "cost_eur": day["cost_eur"],
        "body": body(
            slots=day["slots"], peak_va=day["peak_va"], digest=day["digest"], packed=day["packed"],
            cost_reason=day["cost_reason"],
        ),
        "extra": json.dumps(extra) if extra else None,
    }  # fmt: skip
