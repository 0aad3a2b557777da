"""What files said of times that were known before them, in compact runs: see `model.IMPORT_ECHO`."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any, NamedTuple

from sqlalchemy import text

from services.kit.unit import Unit
from services.metering.days import instant_of, microseconds
from services.metering.registry import Meter

_US = 1_000_000
_KEEP = """
INSERT INTO metering.import_echo (meter, "import", register, instant, coop, step_s, count, amounts)
SELECT :meter, :import, w.register, w.instant, :coop, w.step_s, w.count, CAST(w.amounts AS bigint[])
FROM unnest(CAST(:registers AS text[]), CAST(:instants AS timestamptz[]), CAST(:steps AS int[]),
    CAST(:counts AS int[]), CAST(:amounts AS text[])) AS w(register, instant, step_s, count, amounts)
ON CONFLICT DO NOTHING
"""
SPAN = "e.instant + e.count * e.step_s * interval '1 second'"
"""SQL: where a row `e` ends."""
_OF_OTHERS = f"""
SELECT e."import", i.created_at, i.found ->> 'format' AS format, e.register, e.instant, e.step_s,
    e.count AS length, e.amounts
FROM metering.import_echo e JOIN metering.file_import i ON i.id = e."import"
WHERE e.meter = :meter AND e.instant <= :last AND {SPAN} > :first
"""  # noqa: S608 - only constants are formatted in
_DELETE = """
DELETE FROM metering.import_echo e
USING unnest(CAST(:imports AS text[]), CAST(:registers AS text[]), CAST(:instants AS timestamptz[]))
    AS w("import", register, instant)
WHERE e.meter = :meter AND e."import" = w."import" AND e.register = w.register AND e.instant = w.instant
"""


class Echo(NamedTuple):
    """One value of a file; None where it is the one that is stored under the same register."""

    register: str
    step_s: int
    us: int
    value_milli: int | None


class Run(NamedTuple):
    """A row: values one after the other. Without `amounts` they are the stored ones."""

    register: str
    step_s: int
    us: int
    length: int
    amounts: tuple[int, ...] | None

    def echoes(self) -> Iterator[Echo]:
        """Its values, one by one."""
        for n in range(self.length):
            value = self.amounts[n] if self.amounts is not None else None
            yield Echo(self.register, self.step_s, self.us + n * self.step_s * _US, value)


class Told(NamedTuple):
    """A run, and whose word it is."""

    file_import: str
    stamp: datetime
    codec: str
    run: Run


async def keep(unit: Unit, file_import: str, meter: Meter, echoes: Iterable[Echo]) -> None:
    """Note what an import said of what was known."""
    found = list(runs(echoes))
    if not found:
        return
    await unit.session.execute(
        text(_KEEP),
        {
            "meter": meter.id, "import": file_import, "coop": meter.coop,
            "registers": [run.register for run in found],
            "instants": [instant_of(run.us) for run in found],
            "steps": [run.step_s for run in found], "counts": [run.length for run in found],
            "amounts": [_array(run.amounts) for run in found],
        },
    )  # fmt: skip


async def between(unit: Unit, meter: str, first_us: int, last_us: int) -> list[Told]:
    """All that imports into a meter said of known times in a period, both ends included."""
    values = {"meter": meter, "first": instant_of(first_us), "last": instant_of(last_us)}
    rows = await unit.session.execute(text(_OF_OTHERS), values)
    return [_told(row) for row in rows]


async def forget(unit: Unit, meter: str, told: Sequence[Told]) -> None:
    """Delete these rows."""
    values = {
        "meter": meter, "imports": [one.file_import for one in told],
        "registers": [one.run.register for one in told],
        "instants": [instant_of(one.run.us) for one in told],
    }  # fmt: skip
    await unit.session.execute(text(_DELETE), values)


def runs(echoes: Iterable[Echo]) -> Iterator[Run]:
    """Values in rows as long as they follow each other, and all or none of them are the stored ones."""
    ordered = sorted(echoes, key=lambda one: (one.register, one.step_s, one.us))
    numbered = enumerate(ordered)

    def place(item: tuple[int, Echo]) -> tuple[str, int, int, bool]:
        n, one = item
        return one.register, one.step_s, one.us - n * one.step_s * _US, one.value_milli is None

    for (register, step_s, _, is_stored), group in groupby(numbered, place):
        same = [one for _, one in group]
        amounts = None if is_stored else tuple(one.value_milli or 0 for one in same)
        yield Run(register, step_s, same[0].us, len(same), amounts)


def _told(row: Any) -> Told:
    amounts = None if row.amounts is None else tuple(row.amounts)
    run = Run(row.register, row.step_s, microseconds(row.instant), row.length, amounts)
    return Told(row[0], row.created_at, f"file-{row.format}", run)


def _array(amounts: Sequence[int] | None) -> str | None:
    return None if amounts is None else "{" + ",".join(map(str, amounts)) + "}"
