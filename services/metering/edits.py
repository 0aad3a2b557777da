"""What a person corrected, confirmed or gave up in a meter's curve, and what of it stands.

What was measured is never touched: an edit lies beside it, with who, when and why, and can be undone.
Of edits that overlap, the later stands; undoing it brings the earlier back.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import text

from contracts.codes import EditKind, Quantity
from services.kit.unit import Unit

_STANDING = """
SELECT id, day, first_slot, last_slot, kind, amounts FROM metering.edit
WHERE meter = :meter AND quantity = :quantity AND day = ANY(:days) AND undone_at IS NULL
ORDER BY day, id
"""


@dataclass(frozen=True, slots=True)
class Edit:
    """One stretch of half-hours a person decided about; both slots are inside it."""

    id: str
    day: date
    first_slot: int
    last_slot: int
    kind: EditKind
    """`set` gives values, `confirm` lifts what checks held back, `discard` treats what was measured as
    absent."""
    values: tuple[int | None, ...] | None = None
    """Of `set`: one value per half-hour in whole units; None where nothing is known."""

    @property
    def slots(self) -> range:
        return range(self.first_slot, self.last_slot + 1)


async def of(
    unit: Unit, meter: str, quantity: Quantity, days: Iterable[date]
) -> dict[date, tuple[Edit, ...]]:
    """What stands, by day, for days that have any: stretches in slot order that do not overlap."""
    rows = await unit.session.execute(
        text(_STANDING), {"meter": meter, "quantity": quantity.value, "days": sorted(set(days))}
    )
    made: dict[date, list[Edit]] = defaultdict(list)
    for row in rows:
        values = None if row.amounts is None else tuple(row.amounts)
        made[row.day].append(Edit(row.id, row.day, row.first_slot, row.last_slot, EditKind(row.kind), values))
    return {day: standing(of_day) for day, of_day in made.items()}


def standing(made: Sequence[Edit]) -> tuple[Edit, ...]:
    """Edits of one day in the order they were made, as the stretches of each that no later one covers."""
    decided: dict[int, Edit] = {slot: edit for edit in made for slot in edit.slots}
    stretches: list[Edit] = []
    for slot in sorted(decided):
        edit = decided[slot]
        last = stretches[-1] if stretches else None
        if last is not None and last.id == edit.id and last.last_slot == slot - 1:
            stretches[-1] = _cut(edit, last.first_slot, slot)
        else:
            stretches.append(_cut(edit, slot, slot))
    return tuple(stretches)


def _cut(edit: Edit, first: int, last: int) -> Edit:
    values = edit.values and edit.values[first - edit.first_slot : last + 1 - edit.first_slot]
    return replace(edit, first_slot=first, last_slot=last, values=values)
