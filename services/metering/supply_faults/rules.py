"""What settled days and voltages show of the supply: pure rules, no verdict from what is not trusted.

Amounts are whole Wh or litres, voltages thousandths of a volt. A value that was not plainly measured is None
here: what is estimated or held back never accuses a pipe.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from statistics import median
from zoneinfo import ZoneInfo

from services.metering.supply_faults.facts import MeterSilent, NightFlow, NoHeating, Voltage

SLOT = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Day:
    """A settled civil day of one meter. `total` is None unless nearly all of the day was measured; `slots` is
    None where half-hours may not be kept."""

    day: date
    starts_at: datetime
    zone: str
    total: int | None
    slots: tuple[int | None, ...] | None = None

    def at_hours(self, from_hour: int, until_hour: int) -> list[int | None]:
        """The half-hours that begin in these local hours; a night when clocks change has more or fewer."""
        zone = ZoneInfo(self.zone)
        return [
            value
            for at, value in enumerate(self.slots or ())
            if from_hour <= (self.starts_at + at * SLOT).astimezone(zone).hour < until_hour
        ]


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault seen from `first_day` to `last_day`, both included, and the figures it is judged by."""

    code: str
    """Of the group `supply_faults`."""
    kind: str
    since: datetime
    first_day: date
    last_day: date
    figures: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Mean:
    """The mean voltage over `Voltage.mean_minutes` from `at` on."""

    at: datetime
    milli: int


def voltage(means: Sequence[Mean], rules: Voltage, zone: str) -> Fault | None:
    """The last stretch in which the voltage was outside its limits for long enough, without a break.

    A meter whose clock is seconds off may leave out one mean now and then; two in a row are a break.
    """
    step = timedelta(minutes=rules.mean_minutes)
    found: list[Mean] = []
    stretch: list[Mean] = []
    for mean in means:
        side = _side(mean, rules)
        goes_on = stretch and mean.at - stretch[-1].at <= 2 * step and side == _side(stretch[-1], rules)
        stretch = [*stretch, mean] if side and goes_on else [mean] if side else []
        if stretch and _is_sustained(stretch, rules):
            found = stretch
    if not found:
        return None
    is_high = _side(found[0], rules) > 0
    extreme = max(one.milli for one in found) if is_high else min(one.milli for one in found)
    local = ZoneInfo(zone)
    return Fault(
        "overvoltage" if is_high else "undervoltage",
        "voltage",
        found[0].at,
        found[0].at.astimezone(local).date(),
        (found[-1].at + step).astimezone(local).date(),
        {
            "highest_v" if is_high else "lowest_v": round(extreme / 1_000),
            "limit_v": round((rules.highest_milli if is_high else rules.lowest_milli) / 1_000),
            "minutes": _lasted(found, step) // timedelta(minutes=1),
        },
    )


def night_flow(days: Sequence[Day], rules: NightFlow) -> Fault | None:
    """Water in every hour of the last nights in a row, as many as there were. `days` are in order; a hole is
    no proof."""
    nights: list[tuple[Day, list[int]]] = []
    for day in reversed(days):
        found = _hours(day.at_hours(rules.from_hour, rules.until_hour))
        if found is None or min(found) < rules.least_l_hour or sum(found) < rules.least_l_night:
            break
        if nights and nights[-1][0].day - day.day != timedelta(days=1):
            break
        nights.append((day, found))
    if len(nights) < rules.nights:
        return None
    hours = [litres for _, found in nights for litres in found]
    (last, _), (first, _) = nights[0], nights[-1]
    return Fault(
        "night_flow",
        "flow",
        first.starts_at,
        first.day,
        last.day,
        {
            "nights": len(nights),
            "least_l_hour": min(hours),
            "litres_night": round(sum(hours) / len(nights)),
        },
    )


@dataclass(frozen=True, slots=True)
class Around:
    """What is known of a day outside the home itself."""

    outside_cel: float | None = None
    """Mean temperature; None where no station tells it."""
    neighbours: tuple[float, ...] = ()
    """What each neighbour used that day, as a share of its usual."""


def no_heating(
    days: Sequence[Day], around: Mapping[date, Around], rules: NoHeating, *, is_electric: bool = False
) -> Fault | None:
    """The home's heating gave (nearly) nothing on its last days although it was cold or neighbours heat.

    Several homes that fall on one day are told after that day, one alone after two. Of electric heating
    nothing is said unless somebody is plainly at home: an empty home is nobody's business.
    """
    limit = rules.electric.dead_percent if is_electric else rules.dead_percent
    dead: Sequence[Day] = ()
    for length in range(1, len(days) + 1):
        stretch = days[-length:]
        begins = stretch[0]
        if begins.total is None or (length > 1 and stretch[1].day - begins.day != timedelta(days=1)):
            break
        if not _is_cold(begins.day, around.get(begins.day, Around()), rules, limit):
            break
        if is_electric and not _is_lived_in(begins, rules):
            break
        before = usual_of(days, begins.day, rules)
        if before is not None and all(_is_dead(day, before, limit) for day in stretch):
            dead = stretch
    if not dead:
        return None
    first, last = dead[0], dead[-1]
    usual = usual_of(days, first.day, rules)
    least = rules.electric.usual_wh if is_electric else rules.usual_wh
    together = 1 + sum(share * 100 <= limit for share in around.get(last.day, Around()).neighbours)
    homes = rules.electric.together_homes if is_electric else rules.together_homes
    needed = rules.together_days if together >= homes else rules.alone_days
    if usual is None or usual < least or len(dead) < needed or (is_electric and together < homes):
        return None
    figures = {
        "days": len(dead),
        "wh_day": round(sum(day.total or 0 for day in dead) / len(dead)),
        "usual_wh_day": usual,
    }
    outside = around.get(last.day, Around()).outside_cel
    if outside is not None:
        figures["outside_cel"] = round(outside)
    if together >= homes:
        figures["homes"] = together
    return Fault("no_heating", "heating", first.starts_at, first.day, last.day, figures)


def meter_silent(
    last_heard_at: datetime | None, now: datetime, rules: MeterSilent, zone: str
) -> Fault | None:
    """Unheard for days, long past the meter's own habit."""
    if last_heard_at is None or now - last_heard_at < timedelta(days=rules.days):
        return None
    local = ZoneInfo(zone)
    hours = int((now - last_heard_at).total_seconds() // 3_600)
    return Fault(
        "meter_silent",
        "meter",
        last_heard_at,
        last_heard_at.astimezone(local).date(),
        now.astimezone(local).date(),
        {"hours": hours},
    )


def usual_of(days: Sequence[Day], before: date, rules: NoHeating) -> int | None:
    """What the home usually uses a day: the median of the known days before; None when too few are known."""
    known = [
        day.total
        for day in days
        if day.total is not None and before - timedelta(days=rules.usual_days) <= day.day < before
    ]
    return round(median(known)) if len(known) >= rules.usual_known_days else None


def _is_dead(day: Day, usual: int, limit: int) -> bool:
    return day.total is not None and day.total * 100 <= usual * limit


def _is_sustained(stretch: Sequence[Mean], rules: Voltage) -> bool:
    lasted = _lasted(stretch, timedelta(minutes=rules.mean_minutes)) // timedelta(minutes=1)
    is_known = len(stretch) * rules.mean_minutes * 100 >= lasted * rules.known_percent
    return is_known and lasted >= rules.sustained_minutes


def _lasted(stretch: Sequence[Mean], step: timedelta) -> timedelta:
    return stretch[-1].at - stretch[0].at + step


def _side(mean: Mean, rules: Voltage) -> int:
    return (mean.milli > rules.highest_milli) - (mean.milli < rules.lowest_milli)


def _hours(halves: Sequence[int | None]) -> list[int] | None:
    """Half-hours summed to hours; None when one of them is not known."""
    known = [value for value in halves if value is not None]
    if not known or len(known) != len(halves) or len(known) % 2:
        return None
    return [known[at] + known[at + 1] for at in range(0, len(known), 2)]


def _is_cold(day: date, around: Around, rules: NoHeating, limit: int) -> bool:
    """By a station where there is one; else by neighbours that heat, or that fell together in the season."""
    if around.outside_cel is not None:
        return around.outside_cel < rules.cold_cel
    if not rules.is_season(day):
        return False
    heating = sum(share * 100 >= rules.neighbours_percent for share in around.neighbours)
    fell = 1 + sum(share * 100 <= limit for share in around.neighbours)
    return heating * 2 >= max(1, len(around.neighbours)) or fell >= rules.together_homes


def _is_lived_in(day: Day, rules: NoHeating) -> bool:
    """Whether the day has the ups and downs of people at home: at some time far more than by night."""
    night = [value for value in day.at_hours(1, 5) if value is not None]
    waking = [value for value in day.at_hours(7, 23) if value is not None]
    if not night or not waking:
        return False
    floor, peak = max(1, min(night)), max(waking)
    return peak >= rules.electric.lived_in_wh and peak * 100 >= floor * rules.electric.lived_in_percent
