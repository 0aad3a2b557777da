"""Collected points into rows: each second of each quantity once, energy conserved, the rest refused."""

from array import array
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby, pairwise

from contracts.codes import FileReason, Quantity
from services.metering.files.collecting import Collected, Series, sorted_by
from services.metering.files.points import MICRO, Mode
from services.metering.files.registers import faults, parts
from services.metering.files.steps import LONGEST
from services.metering.files.values import BadLine, Row

LONGEST_STEP_S = 86_400
"""The longest interval that a reading may tell."""
LARGEST_PER_HOUR = 10_000_000 * MICRO
"""Ten megawatts, or ten thousand cubic metres an hour: no dwelling, only a misread file."""
AN_HOUR = 3_600
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def rows(collected: Collected, now: datetime | None) -> Iterator[Row | BadLine]:
    """Rows in order of time, quantity by quantity, and a refusal for every point that became none."""
    latest = int(now.timestamp()) if now else None
    spans: dict[Quantity, _Spans] = {}
    for series, order in collected.series():
        mine = spans.setdefault(series.quantity, _Spans(collected, latest))
        if series.mode is Mode.REGISTER:
            yield from _from_registers(mine, order)
        else:
            yield from _from_values(mine, series, order)
    for quantity, mine in spans.items():
        yield from _emitted(mine, quantity)


class _Spans:
    """Intervals of one quantity in columns: `micro` times `weight` is the amount in 3,600ths of a millionth,
    so that a mean power times its seconds stays whole."""

    def __init__(self, collected: Collected, latest: int | None) -> None:
        self.collected = collected
        self._latest = latest
        self.start = array("q")
        self.step_s = array("i")
        self.micro = array("q")
        self.weight = array("i")
        self.at = array("i")
        """Position of the point it comes from."""

    def add(self, at: int, start: int, step_s: int, micro: int, weight: int = AN_HOUR) -> FileReason | None:
        """Keep one, or say why not."""
        if micro < 0:
            return FileReason.NEGATIVE
        if step_s > LONGEST:
            return FileReason.LONG_PERIODS
        if micro * weight > LARGEST_PER_HOUR * step_s:
            return FileReason.OUT_OF_RANGE
        if self._latest is not None and start + step_s > self._latest:
            return FileReason.IN_FUTURE
        self.start.append(start)
        self.step_s.append(step_s)
        self.micro.append(micro)
        self.weight.append(weight)
        self.at.append(at)
        return None

    def line(self, number: int) -> int:
        return self.collected.line[self.at[number]]

    def key(self, number: int) -> tuple[int, int]:
        return self.start[number], self.step_s[number]

    def amount(self, number: int) -> int:
        return self.micro[number] * self.weight[number]

    def refused(self, number: int, reason: FileReason) -> BadLine:
        return _refused(self.collected, self.at[number], reason)


def _from_values(spans: _Spans, series: Series, order: Sequence[int]) -> Iterator[BadLine]:
    collected = spans.collected
    for at in order:
        if not collected.has_value[at]:
            continue
        step_s = collected.step_s[at]
        if collected.is_contradicted[at]:
            yield _refused(collected, at, FileReason.STEP_CONTRADICTED)
            continue
        if step_s == 0:
            yield _refused(collected, at, FileReason.IRREGULAR_STEP)
            continue
        start = collected.at[at] - (step_s if series.stamp == "end" else 0)
        weight = step_s if series.mode is Mode.POWER else AN_HOUR
        if reason := spans.add(at, start, step_s, collected.micro[at], weight):
            yield _refused(collected, at, reason)


def _from_registers(spans: _Spans, order: Sequence[int]) -> Iterator[BadLine]:
    collected = spans.collected
    kept: list[int] = []
    for _, group in groupby((at for at in order if collected.has_value[at]), key=lambda at: collected.at[at]):
        same = list(group)
        is_agreed = len({collected.micro[at] for at in same}) == 1
        kept += same[:1] if is_agreed else []
        twice = FileReason.REPEATED_TIME if is_agreed else FileReason.CONFLICTING_TIME
        yield from (_refused(collected, at, twice) for at in same[is_agreed:])
    wrong, anew = faults([collected.micro[at] for at in kept])
    for position in sorted(wrong | anew):
        yield _refused(collected, kept[position], FileReason.REGISTER_FELL)
    right = [position for position in range(len(kept)) if position not in wrong]
    for earlier, later in pairwise(right):
        if later in anew:
            continue
        before, after = kept[earlier], kept[later]
        start = collected.at[before]
        used, length_s = collected.micro[after] - collected.micro[before], collected.at[after] - start
        for offset, length, share in parts(used, length_s, LONGEST_STEP_S):
            if reason := spans.add(after, start + offset, length, share):
                yield _refused(collected, after, reason)
                break


def _emitted(spans: _Spans, quantity: Quantity) -> Iterator[Row | BadLine]:
    order = sorted_by(array("i", range(len(spans.start))), spans.step_s, spans.start)
    rounding = _Rounding()
    collected = spans.collected
    taken_until, before = 0, -1
    for (start, step_s), group in groupby(order, key=spans.key):
        first, *others = group
        if any(spans.amount(one) != spans.amount(first) for one in others):
            yield from (spans.refused(one, FileReason.CONFLICTING_TIME) for one in (first, *others))
            continue
        yield from (spans.refused(one, FileReason.REPEATED_TIME) for one in others)
        if start < taken_until:
            yield spans.refused(first, FileReason.OVERLAP)
            continue
        taken_until = start + step_s
        at = spans.at[first]
        is_estimated = all(collected.is_estimated[spans.at[one]] for one in (first, *others))
        for offset, length, share in parts(spans.amount(first), step_s, LONGEST_STEP_S):
            yield Row(
                line=collected.line[at],
                start=_EPOCH + timedelta(seconds=start + offset),
                step_s=length,
                quantity=quantity,
                value_milli=rounding.milli(start + offset, share),
                is_estimated=is_estimated,
                factor_milli=collected.factor_milli[at] or None,
                is_continued=bool(offset) or at == before,
            )
        before = at


def _refused(collected: Collected, at: int, reason: FileReason) -> BadLine:
    when = _EPOCH + timedelta(seconds=collected.at[at])
    return BadLine(collected.line[at], reason, when.isoformat().replace("+00:00", "Z"))


class _Rounding:
    """Thousandths whose sum is the sum: what one interval loses by rounding, the next one gains.

    Begun anew each hour, so that two files that overlap tell the same value of the same interval.
    """

    def __init__(self) -> None:
        self._hour: int | None = None
        self._exact = self._given = 0

    def milli(self, start: int, amount: int) -> int:
        if start // AN_HOUR != self._hour:
            self._hour, self._exact, self._given = start // AN_HOUR, 0, 0
        self._exact += amount
        whole = (2 * self._exact + AN_HOUR * 1_000) // (2 * AN_HOUR * 1_000)
        given, self._given = whole - self._given, whole
        return given
