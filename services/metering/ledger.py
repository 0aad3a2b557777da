"""Who used a household's data, and why: one row per occupancy, day of use, purpose, actor and reason."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import text

from services.kit.unit import Unit

SETTLED = "settled"
"""Metering turned readings into days, so that the household can see them."""
QUALITY_CONTROL = "quality_control"
"""An operator looked at days or a curve."""
EDITED = "edited"
"""An operator corrected, confirmed or gave up half-hours; the day itself says why."""
IMPORTED = "imported"
"""An operator imported a file of past consumption."""
LOOKED_FOR_TIPS = "looked_for_tips"
"""The day was handed to the advice service, because the household wants tips."""
SYSTEM = "metering"
ADVICE = "advice"

_NOTE = """
INSERT INTO metering.data_use AS u (occupancy, used_on, purpose, actor, coop, why, uses, last_at)
VALUES (:occupancy, :used_on, :purpose, :actor, :coop, :why, :uses, :at)
ON CONFLICT (occupancy, used_on, purpose, actor, why) DO UPDATE SET
    uses = u.uses + excluded.uses, last_at = greatest(u.last_at, excluded.last_at)
"""


@dataclass(frozen=True, order=True, slots=True)
class Use:
    occupancy: str
    used_on: date
    purpose: str
    """`contracts.codes.Purpose`: which consent covers the use."""
    actor: str
    """Opaque id of the person, or the room."""
    coop: str
    why: str


async def note(unit: Unit, uses: Mapping[Use, int] | Counter[Use]) -> None:
    """Add so many uses to the ledger, in key order."""
    if uses:
        await unit.session.execute(
            text(_NOTE),
            [
                {
                    "occupancy": use.occupancy, "used_on": use.used_on, "purpose": use.purpose,
                    "actor": use.actor, "coop": use.coop, "why": use.why, "uses": count, "at": unit.wall,
                }
                for use, count in sorted(uses.items())
            ],
        )  # fmt: skip
