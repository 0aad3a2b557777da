"""Packs: load curves of 48 into settled days over Mosquitto, stretch after stretch of one growing history."""

import statistics
import time
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

from deploy.bench import measure, observe
from deploy.bench.instance import COOP
from deploy.bench.packets import PackEncoder
from deploy.bench.scene import Say, over_mosquitto

METERS = 100
STRETCH_DAYS = 60
STRETCHES = 6
BOUND_PER_SECOND = 60_000
"""Readings a second into settled days, as the median of the stretches."""
FLAT = 0.8
"""What the last stretch must reach of the first one: settling does not slow down as history grows."""
_DAYS_BACK = STRETCH_DAYS * STRETCHES + 2
_ALL_AT_ONCE_SECONDS = 120.0
_SHOWN_US = 0.1

_DAYS = """
SELECT count(*), coalesce(sum(value), 0)::bigint FROM (
    SELECT value FROM metering.day WHERE coop = %s AND meter = ANY(%s)
    UNION ALL SELECT value FROM metering.open_day WHERE coop = %s AND meter = ANY(%s)
) days
"""


def run(folder: Path, say: Say) -> dict[str, Any]:
    """`STRETCHES` stretches of every meter's days; each ends when all of them are settled."""
    with ExitStack() as ends:
        say("packs: starting Mosquitto and Palier")
        scene, _ = over_mosquitto(folder / "run", METERS, ends, days_back=_DAYS_BACK, zone="UTC")
        senders = tuple(
            replace(one, topic=one.topic.removesuffix("senml") + "load-curve") for one in scene.job.senders
        )
        stretches: list[dict[str, Any]] = []
        for number in range(STRETCHES):
            job = replace(
                scene.job, senders=senders, firsts=(number * STRETCH_DAYS,) * METERS, limit=STRETCH_DAYS,
                seconds=_ALL_AT_ONCE_SECONDS, encoder=PackEncoder, ahead=None,
            )  # fmt: skip
            base = observe.stored(scene.database)
            before = observe.cpu_seconds(scene.processes)
            published = measure.Publishing(job, measure.counter()).result()
            measure.drain(scene.database, base + published.messages * PackEncoder.SLOTS)
            seconds = time.monotonic() - published.started_at
            readings = published.messages * PackEncoder.SLOTS
            now = observe.cpu_seconds(scene.processes)
            spent = {name: 1e6 * (now[name] - before[name]) / readings for name in now}
            stretches.append(
                {
                    "history_days": number * STRETCH_DAYS,
                    "readings": readings,
                    "settled_per_second": round(readings / seconds),
                    "cpu_us_per_reading": round(sum(spent.values()), 2),
                    "of_which": {name: round(cost, 2) for name, cost in spent.items() if cost > _SHOWN_US},
                }
            )
            say(f"packs: {stretches[-1]}")
        coop, meters = COOP, [sender.client_id for sender in senders]
        days, value = scene.database.execute(_DAYS, (coop, meters, coop, meters)).fetchone() or (0, 0)
        of_a_day = sum(PackEncoder.value_wh(slot) for slot in range(PackEncoder.SLOTS))
        expected = METERS * STRETCH_DAYS * STRETCHES
        rate = statistics.median(one["settled_per_second"] for one in stretches)
        flat = stretches[0]["cpu_us_per_reading"] / stretches[-1]["cpu_us_per_reading"]
        is_exact = days == expected and value == expected * of_a_day
        return {
            "settled_per_second": rate,
            "bound": BOUND_PER_SECOND,
            "growth": stretches,
            "cost_of_first_stretch_over_last": round(flat, 2),
            "is_flat": flat >= FLAT,
            "days": days,
            "is_exact": is_exact,
            "memory_mb": observe.memory_mb(scene.processes),
            "holds": rate >= BOUND_PER_SECOND and flat >= FLAT and is_exact,
        }
