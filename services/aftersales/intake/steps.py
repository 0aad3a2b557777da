"""Whose report it is, and where it goes on: what the steps of a report share."""

from services.aftersales import registry
from services.aftersales.intake import understanding
from services.aftersales.intake.drafts import Content
from services.aftersales.registry import Home
from services.kit.unit import Unit
from services.kit.web import Principal


async def home_of(unit: Unit, who: Principal, occupancy: str | None = None) -> Home | None:
    """The person's own home of that name, else the present one; None when it is not theirs."""
    homes = await homes_of(unit, who)
    return next((home for home in homes if not occupancy or home.occupancy == occupancy), None)


async def homes_of(unit: Unit, who: Principal) -> list[Home]:
    """All homes the person may report for, the present one first."""
    own = await registry.own_occupancies(unit, who.person)
    found = [await registry.home_of_occupancy(unit, one) for one in own]
    return [home for home in found if home and not home.is_left(unit.now)]


async def danger_in(unit: Unit, who: Principal, content: Content) -> str | None:
    """The first danger of the words that the household did not put aside."""
    found = await understanding.understood(unit, content.text, await home_of(unit, who))
    return next((one.code for one in found.dangers if one.code not in content.dangers_seen), None)


def danger_page(code: str, draft: str) -> str:
    """Where the number is; the words wait in the draft."""
    return f"/tickets/new/danger/{code}?draft={draft}"


def later_page(draft: str) -> str:
    """Where it says when one can go on, with a number to call; what was typed waits in the draft."""
    return f"/tickets/new/{draft}/later"


def next_step(draft: str, content: Content) -> str:
    """Where a report goes on: to what was chosen, else to what was understood of it."""
    if content.problems:
        return f"/tickets/new/{draft}/last?" + "&".join(f"problem={one}" for one in content.problems)
    return f"/tickets/new/{draft}/understood" if content.text else f"/tickets/new/{draft}"
