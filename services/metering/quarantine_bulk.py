"""Many quarantined messages decided at once: all that answer the same filters, up to a moment."""

from base64 import b64encode
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import text

from contracts.readings import Retried
from services.kit.principal import Principal
from services.kit.unit import Unit
from services.metering.actions import NO_COOP
from services.metering.operator_queries import Filters
from services.metering.quarantine import READING_CODEC, Status
from services.metering.touching import CHANNEL

AT_ONCE = 500
"""Messages of one request: a message of 1 MB goes back to intake whole."""
Action = Literal["retry", "discard"]
_WAITING = """WHERE status = 'waiting' AND received_at <= :until
  AND (CAST(:coop AS text) IS NULL OR coop = :coop)
  AND (CAST(:reason AS text) IS NULL OR reason = :reason)
  AND (CAST(:words AS text) IS NULL OR strpos(lower(topic || ' ' || coalesce(meter, '') || ' '
       || coalesce(channel, '') || ' ' || detail), lower(:words)) > 0)
"""
_TAKE = f"""
SELECT id, coop, codec, topic, received_at,
       CASE WHEN :keeps AND codec IS DISTINCT FROM 'reading' THEN payload END AS payload
FROM metering.quarantine
{_WAITING} ORDER BY received_at, id LIMIT :limit FOR UPDATE SKIP LOCKED
"""  # noqa: S608 - only constants are formatted in
_LEFT = f"""
SELECT count(*) FROM metering.quarantine {_WAITING}
"""  # noqa: S608 - only constants are formatted in
_DECIDE = """
UPDATE metering.quarantine SET status = :status, decided_by = :who, decided_at = :now,
    payload = CASE WHEN :keeps THEN payload END
WHERE id = ANY(:ids)
"""


@dataclass(frozen=True, slots=True)
class Decided:
    """How many messages were decided now, and how many that answer the filters still wait."""

    done: int
    left: int


async def decide(unit: Unit, who: Principal, action: Action, filters: Filters, until: datetime) -> Decided:
    """Retry or give up the oldest `AT_ONCE` waiting messages received until `until`: what came later, and
    nobody has looked at, is left alone."""
    keeps = action == "retry"
    wanted = {
        "coop": unit.coop, "reason": filters.reason, "words": filters.words or None, "until": until,
    }  # fmt: skip
    rows = (await unit.session.execute(text(_TAKE), wanted | {"keeps": keeps, "limit": AT_ONCE})).all()
    await unit.session.execute(
        text(_DECIDE),
        {
            "status": Status.RETRY if keeps else Status.DISCARDED, "who": who.id, "now": unit.wall,
            "keeps": keeps, "ids": [row.id for row in rows],
        },
    )  # fmt: skip
    if keeps:
        for row in rows:
            _send_back(unit, row)
        await unit.session.execute(text(f"NOTIFY {CHANNEL}"))
    left = (await unit.session.execute(text(_LEFT), wanted)).scalar_one()
    return Decided(len(rows), left)


async def waiting(unit: Unit, filters: Filters, until: datetime) -> int:
    """How many messages a decision by these filters would concern."""
    values = {"coop": unit.coop, "reason": filters.reason, "words": filters.words or None, "until": until}
    found: int = (await unit.session.execute(text(_LEFT), values)).scalar_one()
    return found


def _send_back(unit: Unit, row: Any) -> None:
    """What could not be read goes back to intake; a reading is placed again by the settling worker."""
    if row.codec == READING_CODEC:
        return
    back = Retried(
        coop=row.coop or NO_COOP, id=row.id, asked_at=unit.wall, received_at=row.received_at, topic=row.topic,
        payload_base64=b64encode(row.payload or b"").decode(),
    )  # fmt: skip
    unit.emit(back, about=row.id)
