"""A look at a household's figures by somebody else is written where the household reads it."""

from collections import Counter
from collections.abc import Iterable

from contracts.codes import Purpose
from services.kit.principal import Principal
from services.kit.unit import Unit
from services.metering import ledger
from services.metering.queries import Sight


async def note_look(
    unit: Unit, who: Principal, seen: Sight, purpose: Purpose, occupancies: Iterable[str | None]
) -> None:
    """An operator's look goes into the ledger of each household it concerns; its own does not."""
    if seen.occupancies is None:
        uses = (
            ledger.Use(occupancy, seen.today, purpose, who.id, seen.coop, ledger.QUALITY_CONTROL)
            for occupancy in occupancies
            if occupancy
        )
        await ledger.note(unit, Counter(uses))
