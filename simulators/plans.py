"""Who moves where in a simulated month, when, and what they allow: before anything exists."""

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from random import Random

from contracts.codes import Purpose, Tenure
from simulators.equipment import Equipment, equipment, with_panels
from simulators.households import Home

POSTCODE = "69100"
CITY = "Exemple"
HOMES_PER_BUILDING = 14
RESIDENCES = ("Les Tilleuls", "Le Clos des Vignes", "La Passerelle", "Les Trois Cèdres", "Le Verger")
MAIL_DOMAIN = "foyers.invalid"
"""A domain that can never exist (RFC 2606): no letter to it reaches anybody."""


@dataclass(frozen=True)
class Plan:
    """A household before it exists: who moves where, when, and what it will allow."""

    home: Home
    building: int
    moved_in_on: date
    publishes_from: date
    tenure: Tenure
    is_new: bool
    """It moves in during the month, with an état des lieux or livraison; else it is recorded quietly."""
    consents: tuple[Purpose, ...]
    reach: dict[str, str]
    sends_load_curves: bool
    equipment: Equipment = field(default_factory=Equipment)
    handover: str = ""
    """`signed` or `begun`: the inspection of the arrival is held room by room; else recorded in one go."""


def plan(homes: list[Home], first_day: date, days: int, seed: int) -> list[Plan]:
    """Most households are there before the month; one in ten arrives during it. Most allow everything,
    some the daily totals alone, a few nothing."""
    out = []
    for home in homes:
        rng = Random(f"{seed}:plan:{home.index}")
        is_new = days >= 5 and (home.index + seed) % 10 == 4
        building = (home.index - 1) // HOMES_PER_BUILDING
        moved_in_on = (
            first_day + timedelta(days=rng.randint(2, days * 2 // 3))
            if is_new
            else first_day - timedelta(days=rng.randint(20, 900) * min(age_days(building), 920) // 920)
        )
        out.append(
            Plan(
                home=home,
                building=building,
                moved_in_on=moved_in_on,
                publishes_from=max(moved_in_on, first_day),
                tenure=rng.choices(
                    [Tenure.TENANT, Tenure.BUYER_VEFA, Tenure.PSLA, Tenure.CO_OWNER], [6, 2, 1, 1]
                )[0],
                is_new=is_new,
                consents=_consents(home.index + seed, rng),
                reach=_reach(home, rng),
                sends_load_curves=rng.random() < 0.3,
            )
        )
    return [_handed_over(one, first_day, days) if one.is_new else one for one in out]


def _handed_over(wanted: Plan, first_day: date, days: int) -> Plan:
    """The first arrival of a park is a buyer, a few days before the end; the second a tenant, as it ends."""
    decade, end = wanted.home.index // 10, first_day + timedelta(days=days)
    if decade == 0:
        on = end - timedelta(days=4)
        return replace(wanted, moved_in_on=on, publishes_from=on, tenure=Tenure.BUYER_VEFA, handover="signed")
    if decade == 1:
        on = end - timedelta(days=2)
        return replace(wanted, moved_in_on=on, publishes_from=on, tenure=Tenure.TENANT, handover="begun")
    return wanted


def age_days(building: int) -> int:
    """How long before the month the works were accepted: the first year of the newest building ends soon,
    of another the second."""
    return 305 + 380 * (building % 9)


def equipped(plans: list[Plan], first_day: date, days: int) -> list[Plan]:
    """The same month with other fluids, gateways, common devices, panels, and what happens to meters."""
    end = first_day + timedelta(days=days)
    return [
        replace(
            one,
            home=with_panels(one.home),
            equipment=equipment(
                one.home,
                one.building,
                (one.home.index - 1) % HOMES_PER_BUILDING + 1,
                one.publishes_from,
                (end - one.publishes_from).days,
            ),
        )
        for one in plans
    ]


def staircase(home: Home) -> str:
    return "AB"[home.index % 2]


def street(number: int) -> str:
    """Number and street, which exist nowhere in particular."""
    return f"{2 * number + 1} rue de l’Exemple"


def residence(number: int) -> str:
    """An invented residence's name."""
    name = RESIDENCES[number % len(RESIDENCES)]
    return name if number < len(RESIDENCES) else f"{name} {number // len(RESIDENCES) + 1}"


def _consents(number: int, rng: Random) -> tuple[Purpose, ...]:
    """Spread evenly rather than drawn, so that a small park has each kind of household too."""
    if number % 13 == 7:
        return ()
    if number % 8 == 5:
        return (Purpose.DAILY,)
    given = (Purpose.DAILY, Purpose.HALF_HOURLY, Purpose.ADVICE)
    return (*given, Purpose.COMPARISON) if rng.random() < 0.6 else given


def _reach(home: Home, rng: Random) -> dict[str, str]:
    draw = rng.random()
    if draw < 0.06:
        return {"postal": f"{home.name}, 1 allée de l'Exemple, {POSTCODE} Exemple"}
    # 06 39 98 xx xx is reserved in France for fiction.
    mobile = {"mobile": f"+33 6 39 98 {home.index // 100 % 100:02} {home.index % 100:02}"}
    if draw < 0.12:
        return mobile
    mail = {"email": f"foyer-{home.index}@{MAIL_DOMAIN}"}
    return mail | mobile if draw < 0.5 else mail
