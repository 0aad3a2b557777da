"""What simulated households report is what the service knows, in words of their own."""

from datetime import date, timedelta
from random import Random

from services.aftersales.taxonomy import taxonomy
from simulators import stories


def test_every_story_uses_codes_of_the_taxonomy() -> None:
    known = taxonomy()
    for story in stories._stories()["tickets"] + stories._stories()["findings"]:
        assert story["place"] in known.places
        assert story["symptom"] in known.elements[story["element"]].symptoms


def test_a_heating_fault_is_reported_in_the_cold_only() -> None:
    summer = [stories.fault(date(2026, 7, 1), 24.0, Random(seed)) for seed in range(20_000)]
    assert not any(one and one.element == "radiator" for one in summer)
    winter = [stories.fault(date(2026, 1, 1), 2.0, Random(seed)) for seed in range(20_000)]
    assert any(one and one.element == "radiator" for one in winter)


def test_a_home_reports_something_every_few_months() -> None:
    rng = Random(1)
    days = [date(2026, 1, 1) + timedelta(days=n) for n in range(365)]
    reported = sum(stories.fault(day, 10.0, rng) is not None for _ in range(40) for day in days)
    assert 2 < reported / 40 < 7
