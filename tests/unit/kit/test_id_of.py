"""Ids of what is known by its content: stable, of the usual form, and apart."""

import re

from hypothesis import given
from hypothesis import strategies as st

from contracts.base import ID_BODY
from services.kit.ids import id_of

KEYS = st.lists(st.binary(max_size=12), max_size=3)


@given(KEYS, KEYS)
def test_the_same_key_and_no_other_gives_the_same_id(one: list[bytes], other: list[bytes]):
    assert re.fullmatch(f"rej_{ID_BODY}", id_of("rej", *one))
    assert (id_of("rej", *one) == id_of("rej", *other)) == (one == other)
