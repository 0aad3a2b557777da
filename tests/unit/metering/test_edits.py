"""Of edits that overlap the later stands, and undoing it brings the earlier back."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from contracts.codes import EditKind
from services.metering.edits import Edit, standing

DAY = date(2026, 1, 5)
SLOTS = 48


def edit(id: str, first: int, last: int, kind: str = "set", value: int | None = 1) -> Edit:
    values = (value,) * (last - first + 1) if kind == "set" else None
    return Edit(id, DAY, first, last, EditKind(kind), values)


@st.composite
def edits(draw: st.DrawFn) -> list[Edit]:
    made = []
    for number in range(draw(st.integers(0, 8))):
        first = draw(st.integers(0, SLOTS - 1))
        last = draw(st.integers(first, SLOTS - 1))
        kind = draw(st.sampled_from(EditKind))
        amounts = st.lists(
            st.none() | st.integers(0, 9_000), min_size=last - first + 1, max_size=last - first + 1
        )
        values = tuple(draw(amounts)) if kind is EditKind.SET else None
        made.append(Edit(f"edt_{number}", DAY, first, last, kind, values))
    return made


def value_at(of_day: tuple[Edit, ...], slot: int) -> tuple[str, EditKind, int | None] | None:
    for one in of_day:
        if slot in one.slots:
            return one.id, one.kind, one.values[slot - one.first_slot] if one.values else None
    return None


def test_a_later_edit_cuts_the_earlier_in_two() -> None:
    stands = standing([edit("a", 10, 20, value=5), edit("b", 14, 15, "discard")])
    assert [(one.id, one.first_slot, one.last_slot) for one in stands] == [
        ("a", 10, 13), ("b", 14, 15), ("a", 16, 20)
    ]  # fmt: skip
    assert stands[2].values == (5,) * 5


@given(edits())
def test_each_half_hour_is_as_the_last_edit_that_covers_it_says(made: list[Edit]) -> None:
    stands = standing(made)
    for slot in range(SLOTS):
        covering = [one for one in made if slot in one.slots]
        expected = value_at((covering[-1],), slot) if covering else None
        assert value_at(stands, slot) == expected
    covered = [slot for one in stands for slot in one.slots]
    assert covered == sorted(set(covered)), "stretches neither overlap nor go back"


@given(edits(), st.data())
def test_undoing_the_last_edit_is_as_if_it_had_never_been_made(made: list[Edit], data: st.DataObject) -> None:
    last = edit("last", data.draw(st.integers(0, 20)), data.draw(st.integers(20, 47)))
    with_it = [*made, last]
    assert standing([one for one in with_it if one.id != "last"]) == standing(made)
