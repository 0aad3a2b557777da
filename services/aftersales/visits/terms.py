"""How appointments work in a cooperative: the house's own terms, or those it has set."""

from dataclasses import dataclass, fields, replace
from datetime import timedelta

from sqlmodel import col, select

from services.aftersales.model import WHOLE_COOP, Setting
from services.aftersales.tables import load
from services.kit.unit import Unit


@dataclass(frozen=True)
class Terms:
    """See `terms.yaml` for what each means."""

    lead_hours: int
    offered_days: int
    most_offered: int
    change_until_hours: int
    remind_from_hour: int
    fresh_hours: int
    usual_minutes: int
    household_shown_days_before: int
    link_days: int
    link_most_days: int
    link_jobless_days: int
    link_forgotten_days: int
    link_asked_a_day: int
    feed_days: int
    bundle_minutes: int

    @property
    def change_until(self) -> timedelta:
        return timedelta(hours=self.change_until_hours)


NAMES = tuple(field.name for field in fields(Terms))


def usual() -> Terms:
    table = load("visits/terms")
    return Terms(**{name: int(table[name]) for name in NAMES})


async def terms_of(unit: Unit) -> Terms:
    """The cooperative's own setting `visits` over the house's terms."""
    found = await unit.session.execute(
        select(col(Setting.value)).where(
            col(Setting.coop) == unit.coop,
            col(Setting.building) == WHOLE_COOP,
            col(Setting.name) == "visits",
        )
    )
    own = found.scalar_one_or_none() or {}
    return replace(usual(), **{name: int(own[name]) for name in NAMES if name in own})
