"""What readings show is told in a plain sentence and in kWh, litres, volts and days, in both languages."""

import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.words import labels
from services.aftersales.incidents import evidence
from services.aftersales.incidents.meter_views import picture

SINCE = datetime(2026, 1, 10, 23, tzinfo=UTC)
"""Midnight in Paris."""
SEEN = {
    "night_flow": {"figures": {"nights": 6, "least_l_hour": 12, "litres_night": 48}, "fluid": "water"},
    "overvoltage": {"figures": {"highest_v": 259, "limit_v": 253, "minutes": 90}, "fluid": "electricity"},
    "undervoltage": {"figures": {"lowest_v": 198, "limit_v": 207, "minutes": 60}, "fluid": "electricity"},
    "no_heating": {
        "figures": {"days": 2, "wh_day": 250, "usual_wh_day": 18_400, "outside_cel": -3, "homes": 4},
        "fluid": "heat",
    },
    "meter_silent": {"figures": {"hours": 250}, "fluid": "electricity"},
}


def plain(text: str | None) -> str:
    return (text or "").replace("\u00a0", " ").replace("\u202f", " ")


def test_every_fault_has_a_sentence_in_both_languages() -> None:
    assert set(SEEN) == set(labels("supply_faults"))
    for fault, seen in SEEN.items():
        for language in ("fr", "en"):
            said = evidence.sentence(fault, seen, SINCE, language)
            assert said
            assert "{" not in said
            assert not re.search(r"\bWh\b", said)


@pytest.mark.parametrize(
    ("fault", "language", "words"),
    [
        ("night_flow", "fr", ("6 nuits de suite", "12 litres par heure", "chasse d’eau")),
        ("night_flow", "en", ("6 nights in a row", "12 litres an hour", "running toilet")),
        ("overvoltage", "fr", ("253 V", "259 V", "1 h 30")),
        ("no_heating", "fr", ("0,25 kWh", "18,4 kWh", "2 jours", "-3 °C", "4 logements")),
        ("no_heating", "en", ("0.25 kWh", "18.4 kWh", "2 days", "-3 °C", "4 homes")),
        ("meter_silent", "fr", ("11 janvier 2026", "10 jours")),
        ("meter_silent", "en", ("11 January 2026", "10 days")),
    ],
)
def test_the_sentence_has_the_readers_units_signs_and_days(
    fault: str, language: str, words: tuple[str, ...]
) -> None:
    said = plain(evidence.sentence(fault, SEEN[fault], SINCE, language)).replace("−", "-")
    for one in words:
        assert one in said, one


def test_hot_water_is_no_toilet_and_much_water_a_pipe() -> None:
    hot = evidence.sentence("night_flow", SEEN["night_flow"] | {"fluid": "hot_water"}, SINCE, "en")
    assert "hot tap" in plain(hot)
    for litres, looks in ((2, "dripping tap"), (12, "running toilet"), (300, "leaking pipe")):
        figures = {"nights": 3, "least_l_hour": litres, "litres_night": litres * 4}
        assert looks in plain(
            evidence.sentence("night_flow", {"figures": figures, "fluid": "water"}, SINCE, "en")
        )


def test_a_home_heated_by_electricity_is_not_said_to_have_a_heating_meter() -> None:
    seen = SEEN["no_heating"] | {"fluid": "electricity"}
    assert "chauffé à l’électricité" in plain(evidence.sentence("no_heating", seen, SINCE, "fr"))


@given(st.dictionaries(st.sampled_from(sorted(labels("fault_figures"))), st.integers(-10_000, 10_000_000)))
def test_whatever_figures_there_are_nothing_breaks_and_none_is_left_out(figures: dict[str, int]) -> None:
    for language in ("fr", "en"):
        assert len(evidence.told(figures, language)) == len(figures)
        for fault in labels("supply_faults"):
            said = evidence.said(fault, {"figures": figures}, SINCE, language)
            assert said.startswith(labels("supply_faults")[fault].in_(language))


def test_a_curve_is_drawn_in_kilowatts_and_a_day_in_kilowatt_hours() -> None:
    curve = {"starts_at": "2026-01-10T23:00:00+00:00", "step_s": 1800, "values": [375, None]}
    drawn = picture({"unit": "Wh", "zone": "Europe/Paris", "curve": curve})
    assert drawn is not None
    assert (drawn.unit, drawn.values, drawn.digits) == ("kW", [0.75, None], 2)
    days = picture({"unit": "Wh", "days": [{"day": "2026-01-10", "value": 18_400}]})
    assert days is not None
    assert (days.unit, days.values) == ("kWh", [18.4])
    water = picture({"unit": "L", "curve": curve | {"values": [6, 6]}})
    assert water is not None
    assert (water.unit, water.values) == ("L/h", [12, 12])
