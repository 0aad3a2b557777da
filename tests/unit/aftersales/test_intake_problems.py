"""What the addresses of a report hold: known codes only; and the buttons lead to everything there is."""

from hypothesis import given
from hypothesis import strategies as st

from services.aftersales.intake import problems
from services.aftersales.intake.problems import Problem
from services.aftersales.taxonomy import taxonomy

KNOWN = taxonomy()


@given(
    st.builds(
        Problem,
        st.sampled_from(["", *KNOWN.places]),
        st.sampled_from(list(KNOWN.elements)),
        st.sampled_from(["", *KNOWN.symptoms]),
    )
)
def test_a_problem_survives_its_address(problem: Problem) -> None:
    assert problems.read([str(problem)]) == [problem]


@given(st.lists(st.text(max_size=60), max_size=20))
def test_whatever_an_address_holds_only_known_codes_are_taken(texts: list[str]) -> None:
    for found in problems.read(texts):
        assert found.element in KNOWN.elements


def test_each_thing_is_taken_once_and_only_so_many() -> None:
    twice = problems.read(["kitchen.tap.leak", "bathroom.tap.broken"])
    assert twice == [Problem("kitchen", "tap", "leak")]
    assert len(problems.read([f".{element}." for element in KNOWN.elements])) == problems.MOST


def test_it_is_read_out_in_both_languages() -> None:
    problem = Problem("kitchen", "tap", "leak")
    assert problem.sentence("fr") == "Robinet, mitigeur – fuite (cuisine)"
    assert problem.sentence("en") == "Tap – leak (kitchen)"


def test_every_place_offers_known_things_and_every_thing_but_dangers_is_found_somewhere() -> None:
    assert set(KNOWN.found_in) == set(KNOWN.places)
    assert set(KNOWN.first_places) <= set(KNOWN.places)
    offered = {element for elements in KNOWN.found_in.values() for element in elements}
    assert offered <= set(KNOWN.elements)
    asked_first = {"gas_smell", "co_alarm", "electric_hazard"}
    behind_one_more_line = {"flue", "gas_tap", "skirting"}
    assert set(KNOWN.elements) - offered == asked_first | behind_one_more_line
