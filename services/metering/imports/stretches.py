"""A file's rows in stretches of about 5,000, cut between civil days, so that no day is settled half."""

import pickle
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from tempfile import TemporaryFile
from typing import IO

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

    def fill(self, items: Iterator[Item], calendar: Calendar, skipped: int) -> None:
        """Take all in but the first `skipped`, which another worker has dealt with."""
        steps: Counter[int] = Counter()
        for item in islice(items, skipped):
            self.rows += 1
            self.estimated += isinstance(item, Row) and item.is_estimated
        for stretch in stretches(items, calendar):
            self.rows += len(stretch)
            read = [item for item in stretch if isinstance(item, Row)]
            steps.update(row.step_s for row in read)
            self.estimated += sum(row.is_estimated for row in read)
            pickle.dump(stretch, self._file, pickle.HIGHEST_PROTOCOL)
        self._file.seek(0)
        usual = steps.most_common(1)
        if usual and usual[0][1] > 0.9 * steps.total():
            self.step_s = usual[0][0]

    def next(self) -> list[Item]:
        """The next stretch, empty at the end."""
        try:
            found: list[Item] = pickle.load(self._file)  # noqa: S301 - our own file, which has no name
        except EOFError:
            return []
        return found

    def close(self) -> None:
        self._file.close()


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
