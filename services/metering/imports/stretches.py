"""A file's rows in stretches of about 5,000, cut between civil days, so that no day is settled half."""

from collections.abc import Callable, Iterator
from itertools import islice
from zoneinfo import ZoneInfo

from services.metering.files import BadLine, Row

Item = Row | BadLine

STRETCH = 5_000
LONGEST_STRETCH = 2 * STRETCH
"""Where a day has so many rows, it is cut all the same."""


class Stretches:
    """`next()` until it gives nothing; meant for a thread. The first `skipped` items are left out: another
    worker has dealt with them."""

    def __init__(self, items: Callable[[], Iterator[Item]], zone: str, skipped: int = 0) -> None:
        self._open = items
        self._zone = ZoneInfo(zone)
        self._skipped = skipped
        self._items: Iterator[Item] | None = None
        self._ahead: list[Item] = []

    def next(self) -> list[Item]:
        """The next stretch, empty at the end. The file is opened by the first call."""
        if self._items is None:
            self._items = islice(self._open(), self._skipped, None)
        found = [*self._ahead, *islice(self._items, STRETCH - len(self._ahead))]
        self._ahead = []
        last = next((item for item in reversed(found) if isinstance(item, Row)), None)
        if len(found) < STRETCH or last is None:
            return found
        day = self._day(last)
        for item in islice(self._items, LONGEST_STRETCH - STRETCH):
            if isinstance(item, Row) and self._day(item) != day:
                self._ahead = [item]
                break
            found.append(item)
        return found

    def _day(self, row: Row) -> object:
        return row.start.astimezone(self._zone).date()
