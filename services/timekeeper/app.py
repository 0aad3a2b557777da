"""Says that an hour of UTC has begun, once, however many replicas say it."""

import asyncio
from datetime import UTC, datetime
from uuid import NAMESPACE_URL, uuid5

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.cron import CronTrigger

from contracts.time import HourPassed
from services.kit.outbox import cloud_event_headers
from services.kit.room import Room

LATE_SECONDS = 3600
"""A machine that slept through the hour still says it; the default grace is one second."""


def build(room: Room) -> None:
    room.background("tick", tick)


async def tick(room: Room) -> None:
    """Publish this hour's tick now, then each hour's as it begins. Raises when the bus is gone: the
    room starts it again, and the current hour is said then."""
    due = asyncio.Event()
    due.set()
    scheduler = AsyncIOScheduler(timezone=UTC)
    # UTC has no repeated hour: in local time an autumn night would tick twice.
    scheduler.add_job(
        due.set, CronTrigger(minute=0, timezone=UTC), misfire_grace_time=LATE_SECONDS, coalesce=True
    )
    scheduler.start()
    try:
        while True:
            await due.wait()
            due.clear()
            await publish(room, room.clock())
    finally:
        scheduler.shutdown(wait=False)


async def publish(room: Room, now: datetime) -> None:
    """Publish the tick of the hour that holds `now`, durably.

    The stream drops a twin within its window, the rooms' inboxes any later one: both ids come from
    the hour alone.
    """
    event = HourPassed(hour=now.astimezone(UTC).replace(minute=0, second=0, microsecond=0))
    hour = event.hour.isoformat()
    headers = cloud_event_headers(
        str(uuid5(NAMESPACE_URL, f"tick:{hour}")), event.subject, "", hour, room.name
    )
    headers["Nats-Msg-Id"] = f"tick:{hour}"
    await room.jetstream.publish(
        event.subject, event.model_dump_json().encode(), stream=event.stream, headers=headers, timeout=10
    )
