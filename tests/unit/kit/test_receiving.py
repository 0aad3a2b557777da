"""Who sends files, how many at once, and how much a request to a page or the API may bring."""

import pytest

from services.kit.problems import Problem
from services.kit.receiving import Turns
from services.portal.patience import USUAL, allowance_of

FORM = b"multipart/form-data; boundary=x"


def test_nobody_sends_more_than_a_few_files_at_once_and_others_are_not_kept_waiting() -> None:
    turns = Turns(most_each=2, most_of_all=3)
    with turns.of("a"), turns.of("a"):
        with pytest.raises(Problem) as refused, turns.of("a"):
            pass
        assert refused.value.status == 429
        with turns.of("b"):
            with pytest.raises(Problem) as refused, turns.of("c"):
                pass
            assert refused.value.status == 503
        with turns.of("c"):
            pass
    with turns.of("a"), turns.of("a"):
        pass


def test_a_turn_that_ends_badly_is_free_again() -> None:
    turns = Turns(most_each=1)
    with pytest.raises(ZeroDivisionError), turns.of("a"):
        _ = 1 / 0
    with turns.of("a"):
        pass


@pytest.mark.parametrize(
    "path", ["/api/v1/feeds", "/api/v1/meters/mtr_1/imports", "/imports", "/replays/feeds"]
)
def test_files_may_be_large(path: str) -> None:
    assert allowance_of(path, FORM).most_bytes > 100 * 1024 * 1024


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/imports/imp_1/actions", "/api/v1/feeds/fee_1", "/imports/imp_1/undo", "/api/v1/imports",
        "/replays/feeds/fee_1/play", "/api/v1/replays",
    ],
)  # fmt: skip
def test_what_is_no_file_may_not_be_large(path: str) -> None:
    assert allowance_of(path, FORM) == USUAL


def test_a_page_takes_a_large_body_only_as_a_form_with_files() -> None:
    """Any other is read into memory."""
    assert allowance_of("/imports", b"application/x-www-form-urlencoded") == USUAL
    assert allowance_of("/replays/feeds", b"") == USUAL
    assert allowance_of("/api/v1/feeds", b"application/x-www-form-urlencoded") != USUAL
