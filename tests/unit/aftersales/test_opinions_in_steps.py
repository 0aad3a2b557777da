"""What households thought is published in steps from which no single household's answer can be told."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise, product

from hypothesis import given, settings
from hypothesis import strategies as st

from services.aftersales.opinions.publishing import Answer, Figure, figure_of, limit, next_step
from services.aftersales.words import codes

ON = date(2026, 11, 16)
FIRST, NEXT = limit("first", ON), limit("next", ON)
HOMES = [f"occ_{number}" for number in range(7)]


@dataclass(frozen=True)
class Closed:
    """A figure that was published, with the answers that were first counted since the one before."""

    figure: Figure
    fresh: Sequence[Answer]


class Residence:
    """A residence as time goes by: requests by number, each with what its household last said of it."""

    def __init__(self) -> None:
        self.answers: dict[int, Answer] = {}
        self.steps = 0
        self.waiting: list[int] = []
        self.published: list[Closed] = []

    def hear(self, request: int, home: str, verdict: str, marks: Sequence[str] = ()) -> bool:
        """Whether a figure moved by it."""
        known = self.answers.get(request)
        self.answers[request] = Answer(
            known.occupancy if known else home, verdict, marks, bool(known and known.is_counted)
        )
        standing = self.published[-1].figure if self.published else None
        step = next_step(list(self.answers.values()), ON, is_first=not self.steps, published=standing)
        if step is None:
            return False
        self.steps += 1
        self.waiting += [number for number, one in self.answers.items() if not one.is_counted]
        self.answers = {number: replace(one, is_counted=True) for number, one in self.answers.items()}
        if step.is_published:
            self.published.append(Closed(step.figure, [self.answers[number] for number in self.waiting]))
            self.waiting = []
        return step.is_published


def told(residence: Residence, *said: str, homes: int = 5, since: int = 0) -> list[bool]:
    return [
        residence.hear(since + number, f"occ_{number % homes}", verdict)
        for number, verdict in enumerate(said)
    ]


def possible(fresh: Sequence[Answer], difference: int) -> list[dict[str, int]]:
    """Who may have given how many of `difference` good answers (or of one mark), for all that a reader of two
    figures can know who even knows which homes answered how often."""
    counts = Counter(one.occupancy for one in fresh)
    ways = product(*(range(count + 1) for count in counts.values()))
    return [dict(zip(counts, way, strict=True)) for way in ways if sum(way) == difference]


events = st.lists(
    st.tuples(
        st.integers(0, 45),
        st.sampled_from(HOMES),
        st.sampled_from(["good", "bad"]),
        st.lists(st.sampled_from(codes("opinion_marks")), max_size=2, unique=True),
    ),
    min_size=25,
    max_size=60,
)


@settings(max_examples=200, deadline=None)
@given(events)
def test_from_two_figures_in_a_row_no_single_households_answer_can_be_told(
    said: list[tuple[int, str, str, list[str]]],
) -> None:
    residence = Residence()
    for event in said:
        residence.hear(*event)
    for before, after in pairwise(residence.published):
        homes = {one.occupancy for one in after.fresh}
        assert len(after.fresh) >= NEXT.answers
        assert len(homes) >= NEXT.homes
        assert after.figure.answers - before.figure.answers == len(after.fresh)
        worlds = possible(after.fresh, after.figure.good - before.figure.good)
        for home in homes:
            assert len({world[home] for world in worlds}) > 1, f"{home} is told"
        counts = Counter(one.occupancy for one in after.fresh)
        for mark in codes("opinion_marks"):
            more = after.figure.marks.get(mark, 0) - before.figure.marks.get(mark, 0)
            for home in homes if more > 0 else ():
                assert any(world[home] < counts[home] for world in possible(after.fresh, more))


@given(events)
def test_a_figure_is_never_moved_by_what_was_said_only_by_how_many_said_something(
    said: list[tuple[int, str, str, list[str]]],
) -> None:
    residence, turned = Residence(), Residence()
    for request, home, verdict, _ in said:
        residence.hear(request, home, verdict)
        turned.hear(request, home, "bad" if verdict == "good" else "good")
        assert residence.steps == turned.steps


def test_a_residence_is_published_from_ten_answers_of_three_homes_on() -> None:
    residence = Residence()
    assert told(residence, *["good"] * 7, *["bad"] * (FIRST.answers - 7)) == [*[False] * 9, True]
    (found,) = residence.published
    assert (found.figure.answers, found.figure.good) == (10, 7)
    for homes in range(1, FIRST.homes):
        few = Residence()
        assert not any(told(few, *["good", "bad"] * 10, homes=homes))
    assert any(told(Residence(), *["good", "bad"] * 10, homes=FIRST.homes))


def test_the_next_answer_moves_nothing_and_the_fifth_of_three_homes_does() -> None:
    residence = Residence()
    told(residence, *["good", "bad"] * 5)
    assert told(residence, "bad", "good", "good", "good", "good", since=10) == [*[False] * 4, True]
    other = Residence()
    told(other, *["good", "bad"] * 5)
    assert not any(told(other, *["bad", "good"] * 5, homes=NEXT.homes - 1, since=10))


def test_a_step_in_which_all_said_the_same_waits_for_the_next() -> None:
    residence = Residence()
    told(residence, *["good", "bad"] * 5)
    assert not any(told(residence, *["bad"] * 5, since=10))
    # The first that differs does not move it by itself: one would know whose it is.
    assert told(residence, *["good"] + ["bad"] * 4, since=15) == [*[False] * 4, True]
    assert residence.published[-1].figure.answers == 20


def test_an_answer_given_anew_is_no_new_one() -> None:
    residence = Residence()
    told(residence, *["good", "bad"] * 5)
    assert not any(told(residence, *["bad"] * 10)), "given anew, however often"
    told(residence, "good", "bad", "bad", "good", since=10)
    assert residence.published[-1].figure.good == 5, "what was published stays as it was"
    assert residence.hear(14, "occ_4", "bad") is False, "all of it could only be if all had said bad"
    assert residence.steps == 2


def test_marks_are_counted_in_the_order_of_their_list() -> None:
    marks = codes("opinion_marks")[:2]
    answers = [Answer("occ_1", "good", [marks[1]]), Answer("occ_2", "bad", marks)]
    assert figure_of(answers) == Figure(2, 1, {marks[0]: 1, marks[1]: 2})
    assert list(figure_of(answers).marks) == marks
