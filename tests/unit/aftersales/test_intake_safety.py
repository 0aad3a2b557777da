"""Dangers: what to do first in one line, and whom to call, from a dated table."""

from datetime import date

from services.aftersales.intake.safety import OWN, number_names, safety
from services.aftersales.tables import load

ONE_LINE = 75
"""Letters that fit on two lines of a telephone 360 points wide, in bold."""


def test_every_danger_says_what_to_do_first_in_one_line_of_either_language() -> None:
    for danger in safety():
        assert danger.first["fr"] != danger.first["en"]
        for said in danger.first.values():
            assert len(said) <= ONE_LINE, said
            assert said.endswith(".")


def test_every_number_is_dated_and_says_where_it_comes_from() -> None:
    table = load("intake/safety")["calls"]
    assert {call for danger in safety() for call in danger.calls} <= {OWN, *table}
    for row in table.values():
        assert isinstance(row["valid_from"], date)
        assert row["source"]
        assert isinstance(row["verified"], bool)
        assert row["fr"] != row["en"]


def test_each_danger_has_the_number_that_fits_it() -> None:
    first = {danger.code: danger.calls[0] for danger in safety()}
    assert first["gas"] == "gas_network"
    assert {first[code] for code in ("fire", "carbon_monoxide", "electricity")} == {"fire_brigade"}
    assert {first[code] for code in ("flood", "lift", "lock")} == {OWN}
    for danger in safety():
        assert OWN not in danger.calls or danger.own_number in number_names()
