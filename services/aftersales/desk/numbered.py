"""Finding the requests that a message names by their numbers."""

from sqlalchemy import text

from services.kit.unit import Unit

MOST = 500
_LARGEST = 2**31 - 1


async def found(unit: Unit, numbers: str) -> list[str]:
    """The ids of the cooperative's requests of these numbers, which are parted by commas."""
    asked = [int(one) for one in numbers.split(",")[:MOST] if one and int(one) <= _LARGEST]
    rows = await unit.session.execute(
        text("SELECT id FROM aftersales.ticket WHERE coop = :coop AND number = ANY(:numbers)"),
        {"coop": unit.coop, "numbers": asked},
    )
    return list(rows.scalars())
