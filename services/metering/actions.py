"""What an operator may do with the quarantine: have a row retried, or give it up."""

from base64 import b64encode
from typing import Any

from sqlalchemy import text

from contracts.readings import Retried
from services.kit.principal import Principal
from services.kit.problems import conflict
from services.kit.unit import Unit
from services.metering import queries
from services.metering.quarantine import READING_CODEC, Status
from services.metering.touching import CHANNEL

NO_COOP = "palier"
"""The cooperative of events that belong to none."""


def legal_actions(status: str, codec: str | None) -> list[str]:
    """What waits can be tried again or given up; so can a message on its way back to intake, in case no
    answer ever comes."""
    is_away = status == Status.RETRY and codec != READING_CODEC
    return ["retry", "discard"] if status == Status.WAITING or is_away else []


async def retry(unit: Unit, who: Principal, id: str) -> Status:
    """Ask for another try. A reading is placed again by the settling worker, at once. A message that could
    not be read goes back to intake, whose answer ends its quarantine or gives it a new reason."""
    row = await _decide(unit, who, id, "retry", Status.RETRY)
    if row.codec != READING_CODEC:
        back = Retried(
            coop=row.coop or NO_COOP,
            id=id,
            asked_at=unit.wall,
            received_at=row.received_at,
            topic=row.topic,
            payload_base64=b64encode(row.payload).decode(),
        )
        unit.emit(back, about=id)
    return Status.RETRY


async def discard(unit: Unit, who: Principal, id: str) -> Status:
    """Give a message up: its reason stays, its payload goes."""
    await _decide(unit, who, id, "discard", Status.DISCARDED)
    return Status.DISCARDED


async def _decide(unit: Unit, who: Principal, id: str, action: str, status: Status) -> Any:
    """The row as it was; 409 when its status does not allow this."""
    row = await queries.one_rejected(unit, id)
    legal = legal_actions(row.status, row.codec)
    if action not in legal:
        raise conflict("illegal_action", "This is not possible for this message.", legal_actions=legal)
    await unit.session.execute(
        text(
            "UPDATE metering.quarantine SET status = :status, decided_by = :who, decided_at = :now,"
            " payload = CASE WHEN :keeps THEN payload END WHERE id = :id"
        ),
        {"status": status, "who": who.id, "now": unit.wall, "id": id, "keeps": status is Status.RETRY},
    )
    await unit.session.execute(text(f"NOTIFY {CHANNEL}"))
    return row
