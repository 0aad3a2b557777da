"""Who speaks for a time when an import is taken back, and how what files said is kept in runs."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.metering.imports.comparing import Outcome
from services.metering.imports.echoes import Echo, runs
from services.metering.imports.succession import Claim, Standing, heirs, outcome, standing

START = datetime(2026, 1, 1, tzinfo=UTC)
US = 1_800_000_000


def claim(hour: int, value: int, *, is_estimated: bool = False) -> Claim:
    return Claim(START + timedelta(hours=hour), f"imp_{hour}", is_estimated, value)


CLAIMS = st.lists(st.tuples(st.sampled_from([100, 101, 900]), st.booleans()), max_size=6).map(
    lambda said: [
        claim(hour, value, is_estimated=is_estimated) for hour, (value, is_estimated) in enumerate(said)
    ]
)


def test_the_first_measured_value_stands_and_an_estimate_only_if_it_came_before() -> None:
    first, second = claim(1, 100), claim(2, 900)
    early, late = claim(0, 50, is_estimated=True), claim(3, 60, is_estimated=True)
    assert standing([second, late, first, early]) == Standing(first, early)
    assert standing([second, late, first]) == Standing(first, None)
    assert standing([late]) == Standing(None, late)


def test_what_has_become_of_each() -> None:
    first, same, near, other = claim(1, 900), claim(2, 900), claim(3, 901), claim(4, 100)
    kept = standing([first, same, near, other])
    told = [outcome(one, kept) for one in (first, same, near, other)]
    assert told == [Outcome.ACCEPTED, Outcome.DUPLICATE, Outcome.DUPLICATE, Outcome.CONFLICT]


@given(CLAIMS, st.data())
def test_heirs_complete_what_is_left_to_what_would_have_come_of_the_others_alone(
    claims: list[Claim], data: st.DataObject
) -> None:
    left = list(claims)
    for gone in data.draw(st.permutations(claims)):
        kept = standing(left)
        left.remove(gone)
        stored = Standing(*(one if one != gone else None for one in kept))
        echoes = [one for one in left if one not in stored]
        new = heirs(echoes, stored)
        now = {*new, *(one for one in stored if one is not None)}
        assert now == {one for one in standing(left) if one is not None}


ECHOES = st.dictionaries(
    st.tuples(
        st.sampled_from(["energy_import.file@1800", "energy_import.estimated@1800"]), st.integers(0, 12)
    ),
    st.none() | st.integers(0, 5),
)


@given(ECHOES)
def test_runs_say_exactly_what_was_said(said: dict[tuple[str, int], int | None]) -> None:
    echoes = [Echo(register, 1_800, at * US, value) for (register, at), value in said.items()]
    found = list(runs(echoes))
    assert sorted(
        (echo for run in found for echo in run.echoes()), key=lambda one: (one.register, one.us)
    ) == sorted(echoes, key=lambda one: (one.register, one.us))


def test_a_file_brought_twice_is_one_run() -> None:
    (run,) = runs(Echo("energy_import.file@1800", 1_800, at * US, None) for at in range(17_520))
    assert (run.length, run.amounts) == (17_520, None)
