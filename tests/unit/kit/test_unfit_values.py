"""What cannot be kept is pointed at wherever in a body it stands."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kit.unfit_values import LARGEST, unfit_in

NAMES = st.text(st.characters(exclude_characters="\0/~", exclude_categories=["Cs"]), min_size=1, max_size=5)
VALUES = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(-LARGEST, LARGEST),
        st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(NAMES, inner, max_size=3)),
)  # fmt: skip


@given(VALUES, st.lists(st.one_of(NAMES, st.integers(0, 2)), max_size=4))
def test_the_one_unfit_value_is_the_one_that_is_pointed_at(fit: object, path: list[str | int]) -> None:
    body: object = "a\0b"
    for step in reversed(path):
        body = {"fit": fit, step: body} if isinstance(step, str) else [*[fit] * step, body, fit]
    assert list(unfit_in(body)) == ["".join(f"/{step}" for step in path)]
    assert not list(unfit_in(fit))


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({"a/b": {"c~d": "\0"}}, ["/a~1b/c~0d"]),
        ({"note": "half \ud800 a pair"}, ["/note"]),
        ({"cost_cents": 2**63, "other": True}, ["/cost_cents"]),
        ({"facts": {"a\0": 1}}, ["/facts"]),
        ({"one": "\0", "two": ["\0"]}, ["/one", "/two/0"]),
        (None, []),
    ],
)
def test_each_is_named(body: object, pointers: list[str]) -> None:
    assert list(unfit_in(body)) == pointers
