"""The days that a batch touches are those of each meter's own calendar, with all readings counted once."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.metering import fresh
from services.metering.copying import Series
from services.metering.days import Calendar, instant_of, microseconds

CALENDARS = {
    "mtr_1": Calendar("Europe/Paris"),
    "mtr_2": Calendar("Europe/Paris", 6),
    "mtr_3": Calendar("UTC"),
}
AUTUMN = microseconds(datetime(2026, 10, 24, tzinfo=UTC))
AT = datetime(2026, 11, 1, tzinfo=UTC)


def of(meter: str, instants: list[int], register: str = "energy_import") -> Series:
    points = [(us, 0) for us in instants]
    return Series(meter, register, "les-lilas", "energy_import", "register", 0, "senml", AT, points)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(sorted(CALENDARS)),
            st.lists(st.integers(0, 3 * 86_400).map(lambda s: AUTUMN + s * 1_000_000), max_size=20),
        ),
        max_size=8,
    )
)
def test_each_reading_is_in_its_day_and_no_other(batch: list[tuple[str, list[int]]]) -> None:
    found = fresh.groups([of(meter, instants) for meter, instants in batch], CALENDARS)
    wanted: dict[tuple[str, str, object], list[int]] = {}
    for meter, instants in batch:
        for us in instants:
            day = CALENDARS[meter].day_of(instant_of(us))
            wanted.setdefault((meter, "energy_import", day), []).append(us)
    assert {key: (one.first_us, one.last_us, one.count) for key, one in found.items()} == {
        key: (min(instants), max(instants), len(instants)) for key, instants in wanted.items()
    }


def test_registers_are_kept_apart() -> None:
    at = AUTUMN + int(timedelta(hours=12) / timedelta(microseconds=1))
    found = fresh.groups([of("mtr_1", [at]), of("mtr_1", [at], "energy_import.hp")], CALENDARS)
    assert sorted(register for _, register, _ in found) == ["energy_import", "energy_import.hp"]
