"""What intake has made durable and metering has not stored yet: without it, a stopped worker looks idle."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from nats.aio.client import Client
from nats.errors import Error

STREAM = "READINGS"
_ANSWER_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Backlog:
    """Over all cooperatives: the stream does not know them apart."""

    batches: int
    """Messages, of up to 500 readings each."""
    oldest_at: datetime | None
    """When the oldest of them was made durable."""

    def age_seconds(self, now: datetime) -> float:
        return max(0.0, (now - self.oldest_at).total_seconds()) if self.oldest_at else 0.0


async def of(client: Client) -> Backlog | None:
    """What waits in the stream of readings; None when the bus does not answer."""
    try:
        answer = await client.request(f"$JS.API.STREAM.INFO.{STREAM}", b"", timeout=_ANSWER_SECONDS)
        state = json.loads(answer.data)["state"]
    except (Error, KeyError, ValueError):
        return None
    batches = int(state["messages"])
    return Backlog(batches, _instant(state["first_ts"]) if batches else None)


def added(flow: Mapping[str, Any], waiting: Backlog | None, now: datetime) -> dict[str, Any]:
    """The flow with what has not even been stored: the lag is that of whichever is older."""
    stored_lag = float(flow["lag_seconds"])
    return {
        **flow,
        "lag_seconds": max(stored_lag, waiting.age_seconds(now)) if waiting else stored_lag,
        "batches_waiting": waiting.batches if waiting else None,
    }


def _instant(stamp: str) -> datetime:
    """Go's RFC 3339, with nanoseconds where it has them."""
    whole, _, fraction = stamp.removesuffix("Z").partition(".")
    return datetime.fromisoformat(f"{whole}.{fraction[:6]:0<6}+00:00")
