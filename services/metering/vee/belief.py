"""Which readings of a register to believe, joined to one line that never falls.

A value that drops and comes back was a glitch; one that leaps up and falls back likewise. A small step
back is jitter. A drop that lasts, in readings and in time, is a register past its highest figure, another
meter, or a reset; until it has lasted it is held. The line goes on through all of these by whole units,
so a day that sees the break and one that does not agree to the unit.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice
from operator import le
from typing import NamedTuple

from contracts.codes import Check
from services.metering.vee.finding import Detail
from services.metering.vee.thresholds import Thresholds

Points = list[tuple[int, int]]
"""(microseconds since 1970, index in thousandths of the unit), sorted by time, one per instant."""
_MILLI = 1_000
_MOST_FIGURES = 15


class Exchange(NamedTuple):
    """A meter replaced between `from_us` and `until_us`, with its last and the next one's first index."""

    from_us: int
    until_us: int
    old_milli: int | None
    new_milli: int | None


class Event(NamedTuple):
    """What happened to a register between two instants. `is_held`: what it says there is doubtful."""

    check: Check
    first_us: int
    last_us: int
    is_held: bool
    detail: Detail


def believed(
    points: Points,
    rules: Thresholds,
    exchanges: Sequence[Exchange] = (),
    others: Sequence[tuple[str, Points]] = (),
) -> tuple[Points, list[Event]]:
    """The register's line and what happened to it. `others` are the meter's other registers, by name."""
    values = [value for _, value in points]
    leading = _false_start(points, rules)
    cuts = _cuts(points, exchanges, rules) if exchanges else {}
    if not leading and not cuts and all(map(le, values, islice(values, 1, None))):
        return points, []
    line = _Line(points, rules, cuts, others)
    if leading:
        line.doubt(Check.REGISTER_GLITCH, points[:leading])
    line.follow(leading)
    return line.kept, sorted(line.events, key=lambda event: (event.first_us, event.check))


@dataclass(slots=True)
class _Line:
    points: Points
    rules: Thresholds
    cuts: dict[int, Exchange]
    others: Sequence[tuple[str, Points]]
    kept: Points = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    offset: int = 0
    """Added to each index since the register last began again: always whole units."""
    restart: tuple[int, int, Event] | None = None
    """The last reset: where in `kept`, the offset before, and its event; undone if the old line returns."""

    def follow(self, i: int) -> None:
        while i < len(self.points):
            us, raw = self.points[i]
            if i in self.cuts and self.kept:
                self._exchange(self.cuts[i], us, raw)
            if not self.kept or raw + self.offset >= self.kept[-1][1]:
                self._rise(us, raw)
                i += 1
            else:
                i = self._fall(i)

    def doubt(self, check: Check, readings: Points, *, is_held: bool = False) -> None:
        foreign = self._foreign(*readings[0]) if check is Check.REGISTER_GLITCH and self.kept else None
        before = self.kept[-1][0] if self.kept else readings[0][0] - 1
        detail: dict[str, int | str] = {"readings": len(readings), "index": readings[0][1] // _MILLI}
        if foreign:
            check, detail["register"] = Check.REGISTER_FOREIGN, foreign
        self.events.append(Event(check, before, readings[-1][0], is_held, detail))

    def _rise(self, us: int, raw: int) -> None:
        if self.restart is not None and not self._is_possible(self.kept[-1], us, raw + self.offset):
            at, before, event = self.restart
            is_shorter = len(self.kept) - at <= at  # the line that is known for longer is the meter's own
            if is_shorter and self._is_possible(self.kept[at - 1], us, raw + before):
                strange = [(t, v - self.offset) for t, v in self.kept[at:]]
                del self.kept[at:]
                self.events.remove(event)
                self.offset, self.restart = before, None
                self.doubt(Check.REGISTER_GLITCH, strange)
        self.kept.append((us, raw + self.offset))

    def _fall(self, i: int) -> int:
        """Deal with the drop at reading `i`; returns the next reading to look at."""
        us, raw = self.points[i]
        last_us, last = self.kept[-1]
        value, end, is_lasting = raw + self.offset, *self._horizon(i)
        back = next((n for n in range(i + 1, end) if self.points[n][1] + self.offset >= last), None)
        if last - value <= self.rules.jitter_milli:
            if back is not None:
                return back
            self.kept.append((us, last))
            return i + 1
        if self._drop_a_leap(us, value, (back or end) - i):
            return i
        if back is not None:
            self.doubt(Check.REGISTER_GLITCH, self.points[i:back])
            return back
        if is_lasting and self._drop_a_few(value):
            return i
        if not is_lasting:
            self.doubt(Check.REGISTER_DROP, self.points[i:], is_held=True)
            return len(self.points)
        foreign = self._foreign(us, raw)
        if foreign:
            until = next(
                (n for n in range(i, len(self.points)) if not self._foreign(*self.points[n])),
                len(self.points),
            )
            is_held = until == len(self.points)
            end_us = self.points[until - 1][0]
            self.events.append(Event(Check.REGISTER_FOREIGN, last_us, end_us, is_held, {"register": foreign}))
            return until
        self._begin_again(us, raw)
        return i

    def _horizon(self, i: int) -> tuple[int, bool]:
        """How far to look ahead of reading `i`, and whether so much has already come."""
        points, rules = self.points, self.rules
        end = max(i + 1 + rules.confirm_readings, bisect_left(points, (points[i][0] + rules.confirm_us,)) + 1)
        return min(end, len(points)), end <= len(points)

    def _drop_a_leap(self, us: int, value: int, ahead: int) -> bool:
        """Forget the end of the line where it leapt up further than can be and now is back where it was,
        unless more readings say that it was right: then these `ahead` are the odd ones."""
        at = bisect_right([v for _, v in self.kept], value)
        if at == 0 or at == len(self.kept) or len(self.kept) - at > at + ahead:
            return False
        before = self.kept[at - 1]
        if self._is_possible(before, *self.kept[at]) or not self._is_possible(before, us, value):
            return False
        self._forget(at)
        return True

    def _drop_a_few(self, value: int) -> bool:
        """Forget the end of the line where so few readings are above what now lasts that they are the odd
        ones."""
        at = bisect_right([v for _, v in self.kept], value)
        if at == 0 or not 0 < len(self.kept) - at <= self.rules.confirm_readings:
            return False
        self._forget(at)
        return True

    def _forget(self, at: int) -> None:
        strange = [(t, v - self.offset) for t, v in self.kept[at:]]
        del self.kept[at:]
        if self.restart is not None and self.restart[0] > at:
            self.restart = None
        self.doubt(Check.REGISTER_GLITCH, strange)

    def _begin_again(self, us: int, raw: int) -> None:
        last_us, last = self.kept[-1]
        old = last - self.offset
        figures = 10 ** len(str(old))
        passed = figures - old + raw
        if self.rules.rollover_least_milli <= figures <= 10**_MOST_FIGURES and self.rules.is_possible(
            passed, us - last_us
        ):
            self.offset += figures
            detail: dict[str, int | str] = {"from": old // _MILLI, "to": raw // _MILLI}
            self.events.append(Event(Check.REGISTER_ROLLOVER, last_us, us, False, detail))
            return
        # What a register counted since it began at zero is consumption, if it can be.
        since_zero = raw if self.rules.is_possible(raw, us - last_us) else 0
        before, self.offset = self.offset, _whole(last + since_zero - raw)
        detail = {"from": old // _MILLI, "to": raw // _MILLI}
        event = Event(Check.REGISTER_RESET, last_us, us, True, detail)
        self.events.append(event)
        self.restart = (len(self.kept), before, event)

    def _exchange(self, exchange: Exchange, us: int, raw: int) -> None:
        last_us, last = self.kept[-1]
        old = exchange.old_milli
        end = last if old is None or old + self.offset < last else old + self.offset
        if exchange.new_milli is not None and exchange.new_milli <= raw:
            begun = exchange.new_milli
        else:
            begun = 0 if self.rules.is_possible(raw, us - last_us) else raw
        detail = {"from": (last - self.offset) // _MILLI, "to": raw // _MILLI}
        self.offset, self.restart = _whole(end - begun), None
        # Without either index nobody knows what flowed in between: that is not a measured zero.
        is_unknown = old is None and exchange.new_milli is None and begun == raw
        self.events.append(Event(Check.REGISTER_EXCHANGED, last_us, us, is_unknown, detail))

    def _is_possible(self, before: tuple[int, int], us: int, value: int) -> bool:
        return value >= before[1] and self.rules.is_possible(value - before[1], us - before[0])

    def _foreign(self, us: int, raw: int) -> str | None:
        """Whose value this is: another register that had it now and was on the way to it before."""
        jitter = self.rules.jitter_milli
        for name, points in self.others:
            at = bisect_left(points, (us,))
            if at == len(points) or (at == 0 and points[0][0] != us):
                continue
            low = points[at] if points[at][0] == us else points[at - 1]
            before = points[max(0, bisect_right(points, (self.kept[-1][0], 2**62)) - 1)]
            if (
                before[1] <= low[1]
                and low[1] - jitter <= raw <= points[at][1] + jitter
                and before[1] <= raw + jitter
            ):
                return name
        return None


def _whole(milli: int) -> int:
    """Rounded up to whole units."""
    return -(-milli // _MILLI) * _MILLI


def _false_start(points: Points, rules: Thresholds) -> int:
    """How many leading zeros are a device's pairing frames rather than a new meter's first index."""
    if not points or points[0][1] != 0:
        return 0
    zeros = next((i for i, (_, value) in enumerate(points) if value != 0), 0)
    if zeros == 0:
        return 0
    us, value = points[zeros]
    return 0 if rules.is_possible(value, us - points[zeros - 1][0]) else zeros


def _cuts(points: Points, exchanges: Sequence[Exchange], rules: Thresholds) -> dict[int, Exchange]:
    """The first reading of the new meter, for each exchange that these readings see."""
    found: dict[int, Exchange] = {}
    for exchange in exchanges:
        low = max(1, bisect_left(points, (exchange.from_us,)))
        high = bisect_right(points, (exchange.until_us,))
        is_silent_day = low == high and (exchange.old_milli, exchange.new_milli) != (None, None)
        if exchange.from_us == exchange.until_us or is_silent_day:
            # Nothing was read on the day of the exchange: who noted the indices knows what lies on each side.
            cut = low if low < len(points) else None
        else:
            cut = next((i for i in range(low, min(high + 1, len(points))) if _breaks(points, i, rules)), None)
        if cut is not None:
            found[cut] = exchange
    return found


def _breaks(points: Points, i: int, rules: Thresholds) -> bool:
    """Whether the line breaks between readings `i - 1` and `i` and does not come back."""
    (us, value), after = points[i - 1], points[i : i + 1 + rules.confirm_readings]

    def goes_on(point: tuple[int, int]) -> bool:
        advance = point[1] - value
        return advance >= -rules.jitter_milli and rules.is_possible(advance, point[0] - us)

    return not any(goes_on(point) for point in after)
