"""The comparison has teeth: one reading lost, doubled or changed, or one letter too many, is named."""

from datetime import UTC, datetime, timedelta

import pytest

from simulators.publications import Device, senml
from tests.faults.accounts import Key, ReadingLedger, compare, compare_letters

START = datetime(2026, 1, 5, tzinfo=UTC)
DEVICE = Device("mtr_a", "meters/coop/mtr_a", "mtr_a", "secret")


@pytest.fixture
def ledger() -> ReadingLedger:
    """Ten readings sent, nine acknowledged."""
    book = ReadingLedger()
    for n in range(10):
        one = senml(DEVICE, [(START + timedelta(minutes=30 * n), 1_000 + n)], [])
        book.published(one)
        if n < 9:
            book.acknowledged(one)
    return book


def key(n: int) -> Key:
    return ("mtr_a", "energy_import", START + timedelta(minutes=30 * n))


def test_all_acknowledged_readings_once_is_no_difference(ledger: ReadingLedger) -> None:
    assert len(ledger.acked) == 9
    assert not compare(ledger.acked, ledger.sent, ledger.acked.items())


def test_an_unacknowledged_reading_may_be_stored(ledger: ReadingLedger) -> None:
    assert not compare(ledger.acked, ledger.sent, ledger.sent.items())


def test_one_missing_reading_is_named(ledger: ReadingLedger) -> None:
    found = compare(ledger.acked, ledger.sent, [row for row in ledger.acked.items() if row[0] != key(4)])
    assert found.missing == [key(4)]
    assert "1 missing" in str(found)


def test_one_doubled_reading_is_named(ledger: ReadingLedger) -> None:
    found = compare(ledger.acked, ledger.sent, [*ledger.acked.items(), (key(4), 1_004_000)])
    assert found.doubled == [key(4)]
    assert not found.missing


def test_another_value_is_named(ledger: ReadingLedger) -> None:
    rows = {**ledger.acked, key(4): 1_004_001}
    assert compare(ledger.acked, ledger.sent, rows.items()).altered == [key(4)]


def test_a_reading_nobody_sent_is_named(ledger: ReadingLedger) -> None:
    rows = {**ledger.acked, key(99): 1}
    assert compare(ledger.acked, ledger.sent, rows.items()).unexpected == [key(99)]


def test_letters_arrive_once_and_twice_only_when_their_worker_died() -> None:
    handed_over = {"<a>": False, "<b>": True}
    assert not compare_letters(handed_over, ["<a>", "<b>", "<b>"])
    assert compare_letters(handed_over, ["<b>"]).missing == ["<a>"]
    assert compare_letters(handed_over, ["<a>", "<a>", "<b>"]).doubled == ["<a>"]
    assert compare_letters(handed_over, ["<a>", "<b>", "<b>", "<b>"]).doubled == ["<b>"]
    assert compare_letters(handed_over, ["<a>", "<b>", "<c>"]).unexpected == ["<c>"]
