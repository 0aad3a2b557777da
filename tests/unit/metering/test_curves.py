"""A day settled as a whole is the day that the general way makes of the same readings, bit for bit."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from contracts.codes import Fluid, Kind, Quality, Quantity
from services.metering.curves import settle_whole, whole
from services.metering.days import civil_day
from services.metering.interval_rows import DAY_US
from services.metering.packing import pack, pack_whole, quality_counts
from services.metering.settle import finish, settle
from services.metering.slots import Point
from services.metering.vee.checks import is_unusual
from services.metering.vee.day import Facts
from services.metering.vee.profile import Past

DAYS = st.sampled_from([date(2026, 1, 5), date(2026, 3, 29), date(2026, 10, 25), date(2026, 7, 14)])
ZONES = st.sampled_from(["UTC", "Europe/Paris", "Asia/Kathmandu", "America/Martinique"])
REGISTERS = st.sampled_from(
    ["energy_import@1800", "energy_import@900", "energy_import@600", "energy_import.file@1800",
     "energy_import@3600", "energy_import.hp@1800", "energy_import.edited@1800",
     "energy_import.estimated@1800"]
)  # fmt: skip
AMOUNTS = st.one_of(
    st.integers(0, 400_000),
    st.integers(0, 60_000_000),
    st.sampled_from([0, 0, 210_000, 499, 500, 1_499]),
)


@st.composite
def days_of_intervals(draw: st.DrawFn) -> tuple[str, dict[int, list[int | None]], object]:
    """UTC days around one civil day, nearly always whole, and the register they are of."""
    register = draw(REGISTERS)
    civil = civil_day(draw(DAYS), draw(ZONES))
    count = 86_400 // int(register.partition("@")[2])
    base = draw(st.lists(AMOUNTS, min_size=1, max_size=count))
    found: dict[int, list[int | None]] = {}
    for day in range(civil.start_us // DAY_US - 1, civil.end_us // DAY_US + 2):
        found[day] = [base[(n + day) % len(base)] for n in range(count)]
    for _ in range(draw(st.sampled_from([0, 0, 0, 1, 3]))):
        day = draw(st.sampled_from(sorted(found)))
        found[day][draw(st.integers(0, count - 1))] = draw(st.sampled_from([None, 90_000_000, -5]))
    return register, found, civil


def points(register: str, days: dict[int, list[int | None]]) -> list[Point]:
    step_us = DAY_US // len(next(iter(days.values())))
    return [
        Point(register, Kind.INTERVAL, step_us // 1_000_000, day * DAY_US + n * step_us, amount)
        for day, amounts in days.items()
        for n, amount in enumerate(amounts)
        if amount is not None
    ]


@given(case=days_of_intervals(), totals=st.lists(st.integers(0, 60_000), max_size=12))
def test_a_whole_day_is_the_same_day(case, totals: list[int]) -> None:
    register, days, civil = case
    facts = Facts(fluid=Fluid.ELECTRICITY, subscribed_kva=9)
    rules = facts.thresholds(civil.day, Quantity.ENERGY_IMPORT)
    curve = whole(register, days, civil)
    quick = curve and settle_whole(curve, civil, Quantity.ENERGY_IMPORT, rules)
    if not quick:
        return
    slow = settle(points(register, days), civil, Quantity.ENERGY_IMPORT, facts=facts)
    assert quick.settled() == slow
    assert (quick.value, quick.is_complete, quick.has_data) == (slow.value, True, True)
    assert pack_whole(quick.values, quick.source) == pack(slow.slots)
    assert quality_counts(slow.slots) == {Quality.MEASURED.value: civil.slots}
    past = Past(civil.zone, {}, {date.fromordinal(700_000 + n): total for n, total in enumerate(totals)})
    told = finish(slow, civil, Quantity.ENERGY_IMPORT, facts=facts, past=past)
    if not is_unusual(quick.value, sum(totals), len(totals), rules):
        assert told == slow, "nothing is left for the closing checks to say"


@given(case=days_of_intervals())
def test_a_usual_day_is_settled_as_a_whole(case) -> None:
    """Left to the general way is what is not all there, not made of half-hours, or worth a word."""
    register, days, civil = case
    found = settle(
        points(register, days), civil, Quantity.ENERGY_IMPORT, facts=Facts(fluid=Fluid.ELECTRICITY)
    )
    sources = {slot.source for slot in found.slots}
    is_fine = int(register.partition("@")[2]) <= 1800 and register.partition("@")[0].endswith(
        ("import", "file")
    )
    is_plain = (
        is_fine
        and found.is_complete
        and not found.findings
        and civil.start_us % 1_800_000_000 == 0
        and len(sources) == 1
        and all(amount is None or amount >= 0 for amounts in days.values() for amount in amounts)
    )
    curve = whole(register, days, civil)
    rules = Facts(fluid=Fluid.ELECTRICITY).thresholds(civil.day, Quantity.ENERGY_IMPORT)
    if is_plain:
        assert curve is not None
        assert settle_whole(curve, civil, Quantity.ENERGY_IMPORT, rules) is not None
