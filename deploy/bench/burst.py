"""The half-hour strikes: 10,000 meters send one reading each within five seconds."""

import resource
import time
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

from deploy.bench import measure, observe
from deploy.bench.scene import Say, over_mosquitto

METERS = 10_000
WITHIN_SECONDS = 5.0
STORED_WITHIN_SECONDS = 30.0
LARGEST_PROCESS_MB = 300
HALF_HOURS = 4
"""Strikes in a row, so that days have more than one reading to settle."""
_ROOMS_AND_BUS = ("intake", "metering", "nats", "members")


def run(folder: Path, say: Say) -> dict[str, Any]:
    """Each strike ends when all its readings are committed; the last one also when their days are settled."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # a socket for each meter, here and in Mosquitto
    with ExitStack() as ends:
        say(f"burst: registering {METERS:,} meters")
        scene, _ = over_mosquitto(folder / "run", METERS, ends)
        strikes = []
        for number in range(HALF_HOURS):
            job = replace(scene.live_job(WITHIN_SECONDS, METERS / WITHIN_SECONDS * 1.25), limit=1, ahead=None)
            base = observe.stored(scene.database)
            published = measure.Publishing(job, measure.counter()).result()
            scene.sent_more(job, published.counts)
            measure.wait_stored(scene.database, base + published.messages)
            stored_after = time.monotonic() - published.started_at
            strikes.append(
                {
                    "messages": published.messages,
                    "sent_within_seconds": round(published.ended_at - published.started_at, 2),
                    "stored_after_seconds": round(stored_after, 2),
                }
            )
            say(f"burst {number + 1}: {strikes[-1]}")
        started = time.monotonic()
        measure.drain(scene.database, 0)
        settled_after = time.monotonic() - started
        memory = observe.memory_mb(scene.processes)
        verified = observe.verify(scene.database, scene.sent, scene.job.epoch_s)
        slowest = max(one["stored_after_seconds"] for one in strikes)
        largest = max(memory[name] for name in _ROOMS_AND_BUS)
        return {
            "meters": METERS,
            "strikes": strikes,
            "slowest_stored_after_seconds": slowest,
            "settled_after_seconds": round(settled_after, 2),
            "memory_mb": memory,
            "largest_room_mb": largest,
            "verified": verified,
            "holds": slowest <= STORED_WITHIN_SECONDS
            and largest <= LARGEST_PROCESS_MB
            and verified["is_exact"]
            and all(one["messages"] == METERS for one in strikes),
        }
