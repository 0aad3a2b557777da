"""A file's rows in stretches of about 5,000, cut between civil days, so that no day is settled half."""

import pickle
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice
from tempfile import TemporaryFile
from typing import IO

from contracts.codes import Quantity
from services.metering.days import Calendar
from services.metering.files import BadLine, Row

Item = Row | BadLine

STRETCH = 5_000


class Spool:
    """All of a file's rows, on the disk: how many there are is known before storing begins."""

    def __init__(self) -> None:
        self._file: IO[bytes] = TemporaryFile()  # noqa: SIM115 - closed with this one
        self.rows = 0
        self.step_s: int | None = None
        """The length of nearly all intervals, where they have one."""
        self.estimated = 0
        """Rows that the file itself calls estimated."""
        self.quantities: set[Quantity] = set()

    def fill(self, items: Iterator[Item], calendar: Calendar, skipped: int) -> None:
        """Take all in but the first `skipped`, which another worker has dealt with."""
        steps: Counter[int] = Counter()
        for item in islice(items, skipped):
            self._count([item])
        for stretch in stretches(items, calendar):
            read = self._count(stretch)
            steps.update(row.step_s for row in read)
            pickle.dump(stretch, self._file, pickle.HIGHEST_PROTOCOL)
        self._file.seek(0)
        usual = steps.most_common(1)
        if usual and usual[0][1] > 0.9 * steps.total():
            self.step_s = usual[0][0]

    def _count(self, items: list[Item]) -> list[Row]:
        """What a person counts as rows: one told in parts is one."""
        self.rows += counted(items)
        read = [item for item in items if isinstance(item, Row)]
        self.estimated += sum(row.is_estimated and not row.is_continued for row in read)
        self.quantities.update(row.quantity for row in read)
        return read

    def next(self) -> list[Item]:
        """The next stretch, empty at the end."""
        try:
            found: list[Item] = pickle.load(self._file)  # noqa: S301 - our own file, which has no name
        except EOFError:
            return []
        return found

    def close(self) -> None:
        self._file.close()


def counted(items: Iterable[Item]) -> int:
    """Rows and bad lines, those that were told in parts once."""
    return sum(not (isinstance(item, Row) and item.is_continued) for item in items)


def stretches(items: Iterator[Item], calendar: Calendar, size: int = STRETCH) -> Iterator[list[Item]]:
    """`items` in lists of `size`, or more where a day of `calendar` is under way, up to twice that."""
    ahead: list[Item] = []
    while found := [*ahead, *islice(items, size - len(ahead))]:
        ahead = []
        last = next((item for item in reversed(found) if isinstance(item, Row)), None)
        if len(found) == size and last is not None:
            day = calendar.day_of(last.start)
            for item in islice(items, size):
                if isinstance(item, Row) and calendar.day_of(item.start) != day:
                    ahead = [item]
                    break
                found.append(item)
        yield found
