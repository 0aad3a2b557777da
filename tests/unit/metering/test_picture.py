"""What a household is told of its days: compared fairly or not at all, added up without inventing."""

from datetime import date, timedelta
from decimal import Decimal

from contracts.codes import Quality
from services.metering.payload import preview
from services.metering.picture import (
    DayTotal,
    Stretch,
    difference,
    latest,
    period,
    stretches,
    usual,
    usual_curve,
)

SUNDAY = date(2026, 11, 22)


def total(
    days_ago: int, wh: int = 6_000, cost: str | None = "1.20", missing: int = 0, **more: bool
) -> DayTotal:
    quality = {"measured": 48 - missing} | ({"missing": missing} if missing else {})
    return DayTotal(
        day=SUNDAY - timedelta(days=days_ago), value=wh, slots=48, quality=quality,
        cost_eur=None if cost is None else Decimal(cost), cost_reason=None,
        is_open=more.get("is_open", False), has_slots=True,
    )  # fmt: skip


def test_the_latest_day_is_closed_and_known() -> None:
    days = [total(0, is_open=True), total(1, missing=48), total(2), total(3)]
    assert latest(days) == total(2)
    assert latest([total(0, is_open=True)]) is None


def test_a_sunday_is_compared_with_sundays() -> None:
    days = [total(7, cost="2.00"), total(14, cost="3.00"), *(total(ago) for ago in (1, 2, 3, 4))]
    found = usual(days, total(0, cost="3.00"))
    assert found is not None
    assert (found.of_weekday, found.days, found.cost_eur) == (True, 2, Decimal("2.50"))
    compared = difference(total(0, cost="3.00"), found)
    assert compared is not None
    assert (compared.percent, compared.direction, compared.on_cost) == (20, "up", True)


def test_with_one_sunday_known_the_days_before_stand_in_and_with_three_days_nothing_does() -> None:
    found = usual([total(7), *(total(ago, wh=5_000) for ago in (1, 2, 3))], total(0))
    assert found is not None
    assert (found.of_weekday, found.value) == (False, 5_250)
    assert usual([total(1), total(2), total(3)], total(0)) is None


def test_without_every_price_the_amounts_are_compared() -> None:
    days = [total(7, wh=4_000, cost=None), total(14, wh=4_000)]
    compared = difference(total(0, wh=3_000), usual(days, total(0)))
    assert compared is not None
    assert (compared.percent, compared.direction, compared.on_cost) == (25, "down", False)


def test_a_day_with_holes_is_neither_compared_nor_compared_with() -> None:
    days = [total(7, missing=10), total(14), total(21)]
    found = usual(days, total(0))
    assert found is not None
    assert found.days == 2
    assert difference(total(0, missing=10), found) is None


def test_a_few_percent_are_no_difference() -> None:
    compared = difference(total(0, cost="1.24"), usual([total(7), total(14)], total(0)))
    assert compared is not None
    assert compared.direction == "flat"


def test_a_month_says_how_many_of_its_days_are_known_and_priced() -> None:
    days = [total(0, is_open=True), total(1), total(2, cost=None), total(4), total(5, missing=48)]
    found = period(days, SUNDAY - timedelta(days=6), SUNDAY - timedelta(days=1))
    assert (found.value, found.cost_eur) == (18_000, Decimal("2.40"))
    assert (found.known_days, found.priced_days, found.days) == (3, 2, 6)
    assert period([], SUNDAY, SUNDAY).cost_eur is None


def test_doubtful_half_hours_are_told_as_stretches_of_the_day() -> None:
    measured, estimated, missing = Quality.MEASURED, Quality.ESTIMATED, Quality.MISSING
    assert stretches([measured, estimated, estimated, missing, measured]) == [
        Stretch(estimated, 1, 3),
        Stretch(missing, 3, 4),
    ]


def test_a_usual_curve_leaves_out_days_of_another_length_and_unknown_half_hours() -> None:
    assert usual_curve([[100, None, 30], [300, 50, None], [7, 7]], 3) == [200, None, None]
    assert usual_curve([[100], [1, 2]], 1) is None


def test_any_message_can_be_looked_at() -> None:
    assert preview(b'{"n": [1]}').text == '{\n  "n": [\n    1\n  ]\n}'
    assert (preview("température".encode()).kind, preview(b"").kind) == ("text", "empty")
    assert preview(b"\x00\xff\x10").text == "00 ff 10"
    long = preview("é".encode() * 3_000)
    assert (long.kind, long.size, long.is_cut) == ("text", 6_000, True)
    assert preview(b"\xff" * 6_000).kind == "hex"
    assert preview(b"[" * 3_999).kind == "text"
