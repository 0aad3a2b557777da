"""The index at which one household leaves and the next one comes is both's: what becomes of one of them
changes no day of the other, and it goes when neither of them may be kept."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from contracts.codes import Kind
from contracts.members import ConsentChanged, Erased
from contracts.readings import Reading
from services.metering import forgetting, handlers
from tests.conftest import OpenUnit, Web
from tests.integration.metering.homes import Home, a_home, followed, reading, rows, send, settle_all, withdraw

pytestmark = pytest.mark.engines

DAY = date(2026, 1, 14)
"""The last of the first household."""
HANDOVER = datetime(2026, 1, 14, 23, tzinfo=UTC)
HALF_HOUR = timedelta(minutes=30)
CURVE: dict[str, Any] = {"kind": Kind.INTERVAL, "step_s": 1800}
FEEDS = ["register", "curve", "mean powers", "momentary powers", "odd intervals", "register and curve"]
HAPPENINGS = [
    "withdraws",
    "only the half-hours",
    "is erased",
    "leaves",
    "once more",
    "says otherwise",
    "again",
]


def sent(home: Home, feed: str) -> list[Reading]:
    """Two days on either side of the handover, a reading at the very instant among them."""
    ats = [HANDOVER + n * HALF_HOUR for n in range(-96, 97)]
    registers = [reading(home, at, 10_000 + 100 * n + n % 7) for n, at in enumerate(ats)]
    curve = [reading(home, at, 100 + n % 7, "energy_import@1800", **CURVE) for n, at in enumerate(ats)]
    match feed:
        case "register":
            return registers
        case "curve":
            return curve
        case "mean powers":
            mean: dict[str, Any] = {"kind": Kind.SAMPLE, "step_s": 1800}
            return [reading(home, at, 200 + n % 7, "power@1800", **mean) for n, at in enumerate(ats)]
        case "momentary powers":
            every = [HANDOVER + n * timedelta(minutes=6) for n in range(-480, 481)]
            return [reading(home, at, 200 + n % 7, "power", kind=Kind.SAMPLE) for n, at in enumerate(every)]
        case "odd intervals":  # kept one by one, for their minutes fit into no row of a day
            odd: dict[str, Any] = {"kind": Kind.INTERVAL, "step_s": 2500}
            every = [HANDOVER + n * timedelta(seconds=2500) for n in range(-60, 60)]
            return [reading(home, at, 99 + n, "energy_import@2500", **odd) for n, at in enumerate(every)]
    return registers + curve


async def happens(room_unit: OpenUnit, home: Home, happening: str, feed: list[Reading]) -> None:
    match happening:
        case "withdraws" | "is erased" | "only the half-hours":
            for purpose in (
                ("half_hourly",) if happening == "only the half-hours" else ("half_hourly", "daily")
            ):
                await withdraw(room_unit, home, purpose)
            withdrawn = ConsentChanged(
                coop=home.coop, occupancy=home.occupancy, purpose="daily", granted=False
            )
            async with room_unit("metering", home.coop) as unit:
                await handlers.consent_changed(withdrawn, unit)
                if happening == "is erased":
                    gone = Erased(coop=home.coop, person=home.person, occupancies=(home.occupancy,))
                    await handlers.erased(gone, unit)
        case "leaves":
            async with room_unit("members") as unit:
                await unit.session.execute(
                    text(
                        "UPDATE members.occupancy SET moved_out_on = :day"
                        " WHERE id = :id AND moved_out_on IS NULL"
                    ),
                    {"day": DAY + timedelta(days=1), "id": home.occupancy},
                )
            async with room_unit("metering", home.coop) as unit:
                await forgetting.after_departure(unit, home.occupancy)
        case "once more":
            await send(room_unit, home.coop, feed)
        case "says otherwise":
            await send(
                room_unit,
                home.coop,
                [one.model_copy(update={"value_milli": one.value_milli + 7_000}) for one in feed],
            )
        case "again":
            await look_again(room_unit, home)
    await settle_all(room_unit)


async def look_again(room_unit: OpenUnit, home: Home) -> None:
    """Every day is settled again from what is there."""
    async with room_unit("metering", home.coop) as unit:
        await unit.session.execute(
            text(
                "INSERT INTO metering.dirty_day (coop, meter, quantity, day)"
                " SELECT :coop, :meter, 'energy_import', :day + n FROM generate_series(-3, 4) n"
            ),
            {"coop": home.coop, "meter": home.meter, "day": DAY},
        )
    await settle_all(room_unit)


async def kept(room_unit: OpenUnit, home: Home) -> list[tuple[Any, ...]]:
    """The days of a household, to the bit."""
    found = await rows(
        room_unit,
        "SELECT d.day, d.value, d.quality, d.packed, d.revision FROM metering.day d"
        " WHERE d.occupancy = :o UNION ALL"
        " SELECT d.day, d.value, d.quality, d.packed, 0 FROM metering.open_day d WHERE d.occupancy = :o"
        " ORDER BY 1",
        o=home.occupancy,
    )
    return [tuple(row) for row in found]


@given(
    st.sampled_from(FEEDS),
    st.sampled_from([(), ("daily",), ("daily", "half_hourly")]),
    st.lists(st.sampled_from(HAPPENINGS), min_size=1, max_size=4),
    st.booleans(),
)
@example("register", (), ["again"], True)
@example("register", ("daily", "half_hourly"), ["withdraws", "again"], True)
@example("register", ("daily", "half_hourly"), ["is erased", "again"], False)
@example("momentary powers", ("daily", "half_hourly"), ["withdraws", "again"], True)
@example("odd intervals", ("daily", "half_hourly"), ["withdraws", "again"], True)
@settings(
    max_examples=20, deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
async def test_what_becomes_of_one_household_changes_no_day_of_its_neighbour(
    room_unit: OpenUnit, coop: str, feed: str, consents: tuple[str, ...], happenings: list[str], is_next: bool
) -> None:
    """`consents` are those of the one to which all of it happens: the next one, or who left."""
    all_of_it = ("daily", "half_hourly")
    first = await a_home(room_unit, coop, moved_out_on=DAY, consents=all_of_it if is_next else consents)
    second = await followed(room_unit, first, DAY + timedelta(days=1), consents if is_next else all_of_it)
    other, one = (first, second) if is_next else (second, first)
    readings = sent(first, feed)
    await send(room_unit, coop, readings)
    await settle_all(room_unit)
    before = await kept(room_unit, other)
    assert before
    own = (
        [reading for reading in readings if reading.instant >= HANDOVER]
        if is_next
        else [reading for reading in readings if reading.instant < HANDOVER]
    )
    for happening in happenings:
        await happens(room_unit, one, happening, own)
    await look_again(room_unit, other)
    assert await kept(room_unit, other) == before


@pytest.mark.parametrize("is_next_first", [True, False])
@pytest.mark.parametrize("feed", FEEDS)
async def test_when_neither_may_be_kept_nothing_is_left(
    room_unit: OpenUnit, coop: str, feed: str, is_next_first: bool
) -> None:
    first = await a_home(room_unit, coop, moved_out_on=DAY)
    second = await followed(room_unit, first, DAY + timedelta(days=1), ("daily", "half_hourly"))
    await send(room_unit, coop, sent(first, feed))
    await happens(room_unit, second, "says otherwise", sent(first, feed))
    for one in (second, first) if is_next_first else (first, second):
        await happens(room_unit, one, "withdraws", [])
    for table in ("reading", "disagreement", "day", "open_day"):
        left = await rows(room_unit, f"SELECT 1 FROM metering.{table} WHERE meter = :m", m=first.meter)
        assert left == []


async def test_the_last_index_of_a_household_nobody_follows_goes_with_it(
    room_unit: OpenUnit, coop: str
) -> None:
    home = await a_home(room_unit, coop, moved_out_on=DAY)
    await send(room_unit, coop, sent(home, "register"))
    await happens(room_unit, home, "is erased", [])
    assert await rows(room_unit, "SELECT 1 FROM metering.reading WHERE meter = :m", m=home.meter) == []


async def test_of_the_next_household_nothing_but_the_common_index_stays(
    room_unit: OpenUnit, coop: str
) -> None:
    first = await a_home(room_unit, coop, moved_out_on=DAY)
    second = await followed(room_unit, first, DAY + timedelta(days=1), ("daily", "half_hourly"))
    await send(room_unit, coop, sent(first, "register"))
    await happens(room_unit, second, "withdraws", [])
    left = await rows(
        room_unit,
        "SELECT instant FROM metering.reading WHERE meter = :m AND instant >= :at",
        m=first.meter, at=HANDOVER,
    )  # fmt: skip
    assert [row.instant for row in left] == [HANDOVER]


async def test_what_waited_in_the_dwelling_after_they_left_begins_with_the_moment_of_leaving(
    room_unit: OpenUnit, coop: str
) -> None:
    home = await a_home(room_unit, coop)
    await send(room_unit, coop, sent(home, "register") + sent(home, "momentary powers"))
    async with room_unit("members") as unit:
        await unit.session.execute(
            text("UPDATE members.occupancy SET moved_out_on = :day WHERE id = :id"),
            {"day": DAY, "id": home.occupancy},
        )
    async with room_unit("metering", coop) as unit:
        await forgetting.after_departure(unit, home.occupancy)
    left = await rows(
        room_unit, "SELECT register, max(instant) AS last FROM metering.reading WHERE meter = :m GROUP BY 1",
        m=home.meter,
    )  # fmt: skip
    assert {row.register: row.last for row in left} == {
        "energy_import": HANDOVER,
        "power": HANDOVER - timedelta(minutes=6),
    }


async def test_what_was_recorded_of_one_household_stays_when_the_other_takes_its_leave_back(
    web: Web, room_unit: OpenUnit, coop: str
) -> None:
    both = ("daily", "half_hourly")
    first = await a_home(room_unit, coop, moved_out_on=DAY)
    second = await followed(room_unit, first, DAY + timedelta(days=1), both)
    operator = web.as_("operator", coop)
    started = await web.client.post("/api/v1/recordings", json={"coop": coop}, headers=operator)
    recording = started.json()["id"]
    await send(room_unit, coop, sent(first, "register"))
    await web.client.post(f"/api/v1/recordings/{recording}/stop", headers=operator)

    async def left() -> list[datetime]:
        found = await rows(
            room_unit, "SELECT instant FROM metering.feed_reading WHERE feed = :id ORDER BY 1", id=recording
        )
        return [row.instant for row in found]

    await happens(room_unit, second, "only the half-hours", [])
    assert (await left())[-1] == HANDOVER
    await happens(room_unit, first, "only the half-hours", [])
    assert await left() == []


async def test_what_was_told_of_the_other_household_stays(room_unit: OpenUnit, coop: str) -> None:
    """Its events can still be told again, should a stream be lost."""
    home = await a_home(room_unit, coop, moved_out_on=DAY)
    after = await followed(room_unit, home, DAY + timedelta(days=1), ["daily", "half_hourly"])
    await send(room_unit, coop, sent(home, "register"))
    await settle_all(room_unit)
    async with room_unit("metering") as unit:
        await unit.session.execute(
            text("UPDATE metering.outbox SET published_at = now() WHERE about = :m"), {"m": home.meter}
        )
        await forgetting.all_of(unit, home.occupancy)
    left = await rows(
        room_unit,
        "SELECT DISTINCT body::jsonb ->> 'occupancy' AS of FROM metering.outbox"
        " WHERE about = :m AND subject = 'metering.day_closed.v1'",
        m=home.meter,
    )
    assert [row.of for row in left] == [after.occupancy]
