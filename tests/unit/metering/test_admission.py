"""A reading is kept only of a known meter, inside an occupancy, with consent that holds now."""

from datetime import UTC, datetime, timedelta

import pytest

from contracts.codes import Kind
from services.metering.admission import Ground, Stay, Verdict, judge
from services.metering.days import Calendar

START, END = datetime(2026, 1, 1, 23, tzinfo=UTC), datetime(2026, 6, 30, 22, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def ground(*stays: Stay) -> Ground:
    return Ground("tilleuls", Calendar("Europe/Paris"), stays)


WILLING = ground(Stay(START, END, may_keep=True))
UNWILLING = ground(Stay(START, END, may_keep=False))


@pytest.mark.parametrize(
    ("known", "instant", "verdict"),
    [
        (None, START, Verdict.UNKNOWN_METER),
        (Ground("elsewhere", Calendar("Europe/Paris"), None), START, Verdict.UNKNOWN_METER),
        (Ground("tilleuls", Calendar("Europe/Paris"), None), START, Verdict.ADMITTED),
        (ground(), START, Verdict.OUTSIDE_OCCUPANCY),
        (WILLING, START, Verdict.ADMITTED),
        (WILLING, START - SECOND, Verdict.OUTSIDE_OCCUPANCY),
        (WILLING, END - SECOND, Verdict.ADMITTED),
        (WILLING, END, Verdict.ADMITTED),
        (WILLING, END + SECOND, Verdict.OUTSIDE_OCCUPANCY),
        (UNWILLING, START, Verdict.NO_CONSENT),
        (UNWILLING, END, Verdict.OUTSIDE_OCCUPANCY),
        (ground(Stay(START, None, may_keep=True)), END + 999 * SECOND, Verdict.ADMITTED),
    ],
)
def test_the_ground_of_a_register_reading(known: Ground | None, instant: datetime, verdict: Verdict) -> None:
    assert judge(known, "tilleuls", Kind.REGISTER, instant) is verdict


def test_only_a_register_may_close_the_last_half_hour() -> None:
    assert judge(WILLING, "tilleuls", Kind.INTERVAL, END) is Verdict.OUTSIDE_OCCUPANCY


def test_the_next_households_refusal_does_not_open_the_last_ones_books() -> None:
    both = ground(Stay(START, END, may_keep=True), Stay(END, None, may_keep=False))
    assert judge(both, "tilleuls", Kind.REGISTER, END) is Verdict.ADMITTED
    assert judge(both, "tilleuls", Kind.SAMPLE, END) is Verdict.NO_CONSENT
    assert judge(both, "tilleuls", Kind.REGISTER, END + SECOND) is Verdict.NO_CONSENT
