"""Who moves where, what they allow, and how they are reached, before anything exists."""

from datetime import date, timedelta

from contracts.codes import Purpose
from simulators.households import Home
from simulators.plans import HOMES_PER_BUILDING, MAIL_DOMAIN, Plan, plan, residence
from simulators.residence import device_of

FIRST, DAYS, SEED = date(2026, 10, 1), 35, 7


def planned(homes: list[Home], days: int = DAYS) -> list[Plan]:
    return plan(homes, FIRST, days, SEED)


def test_some_arrive_during_the_month_and_publish_from_then_on(homes: list[Home]) -> None:
    wanted = planned(homes)
    new = [one for one in wanted if one.is_new]
    assert len(new) == len(homes) // 10
    for one in wanted:
        assert one.publishes_from == max(one.moved_in_on, FIRST)
        assert one.is_new == (one.moved_in_on >= FIRST)
        assert one.moved_in_on < FIRST + timedelta(days=DAYS)


def test_nobody_arrives_in_a_few_days(homes: list[Home]) -> None:
    assert not any(one.is_new for one in planned(homes, days=4))


def test_a_small_park_has_each_kind_of_consent(homes: list[Home]) -> None:
    given = [set(one.consents) for one in planned(homes[:26])]
    assert set() in given
    assert {Purpose.DAILY} in given
    assert {Purpose.DAILY, Purpose.HALF_HOURLY, Purpose.ADVICE} in given


def test_everybody_is_reached_where_nobody_real_can_be(homes: list[Home]) -> None:
    for one in planned(homes):
        assert one.reach
        if "email" in one.reach:
            assert one.reach["email"].endswith("@" + MAIL_DOMAIN)
        if "mobile" in one.reach:
            assert one.reach["mobile"].startswith("+33 6 39 98 ")  # reserved for fiction


def test_the_same_seed_plans_the_same_month(homes: list[Home]) -> None:
    assert planned(homes) == planned(homes)
    assert planned(homes)[:10] == planned(homes[:10])


def test_buildings_have_names_of_their_own(homes: list[Home]) -> None:
    assert planned(homes)[HOMES_PER_BUILDING].building == 1
    assert len({residence(number) for number in range(12)}) == 12


def test_a_device_is_what_the_registration_answered() -> None:
    answer = {"id": "mtr_1", "topic": "meters/c/mtr_1", "mqtt_username": "mtr_1", "mqtt_password": "x"}
    device = device_of(answer)
    assert device.topic_for("senml") == "meters/c/mtr_1/senml"
