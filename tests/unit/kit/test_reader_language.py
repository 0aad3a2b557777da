"""Which language a request is answered in, whatever stands in its header."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from services.kit.i18n import LANGUAGES, language_of


def asking(header: str) -> Request:
    return Request({"type": "http", "headers": [(b"accept-language", header.encode("latin-1"))]})


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("en", "en"),
        ("fr;q=0.5, en;q=0.8", "en"),
        ("de, en;q=0.1", "en"),
        ("en;q=0", "fr"),
        ("de", "fr"),
        ("en;q=²", "fr"),
        ("", "fr"),
    ],
)
def test_the_language_wanted_most_is_taken_and_french_where_none_is_ours(header: str, language: str) -> None:
    assert language_of(asking(header)) == language


@given(st.text(st.characters(max_codepoint=255), max_size=80), st.sampled_from(["", "en;q=", "fr;q="]))
def test_no_header_is_beyond_it(header: str, begin: str) -> None:
    assert language_of(asking(begin + header)) in LANGUAGES
