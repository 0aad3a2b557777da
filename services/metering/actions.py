"""What an operator may do with the quarantine: have a row retried, or give it up."""

from sqlalchemy import text

from services.kit.principal import Principal
from services.kit.problems import conflict
from services.kit.unit import Unit
from services.metering import queries
from services.metering.quarantine import READING_CODEC, Status
from services.metering.store import CHANNEL


def legal_actions(status: str, codec: str | None) -> list[str]:
    """A decoded reading can be tried again; what never could be read would fail the same way."""
    if status != Status.WAITING:
        return []
    return ["retry", "discard"] if codec == READING_CODEC else ["discard"]


async def retry(unit: Unit, who: Principal, id: str) -> Status:
    """Ask for another try; the settling worker does it at once."""
    return await _decide(unit, who, id, "retry", Status.RETRY)


async def discard(unit: Unit, who: Principal, id: str) -> Status:
    """Give a message up: its reason stays, its payload goes."""
    return await _decide(unit, who, id, "discard", Status.DISCARDED)


async def _decide(unit: Unit, who: Principal, id: str, action: str, status: Status) -> Status:
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
    return status
