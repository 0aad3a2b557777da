"""What households thought is published in steps: no single household's answer can be told from two of them.

A figure that moves with each answer tells the newest one by the difference. A fixed day, such as the end of
the month, tells it as well where one answer came since. So a figure moves when enough answers of enough homes
have come since the last step, however long that takes (`publishing.yaml`):

- A step closes by counting alone, so that the moment at which a figure moves says nothing of what was said.
- Only a request's first answer counts towards a step. An answer given anew is counted with the next step:
  else four of them, unchanged, would let a fifth stand alone.
- A later step in which everybody said the same would tell it of each: its answers wait for the next step. The
  first figure of a residence may say that all were content, or none: it is of the residence as a whole.
- What was published is kept as it was, and the staff's page and everybody's are the same figure.

Who knows when each home of a step answered, and its own answer, knows more than the figures tell.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Any, Literal

from pydantic import TypeAdapter
from sqlalchemy import text
from sqlalchemy.dialects.postgresql import distinct_on
from sqlmodel import col, select

from services.aftersales.opinions.model import OpinionStep
from services.aftersales.tables import Row, in_force, load
from services.aftersales.words import codes
from services.kit.registry import local_today
from services.kit.unit import Unit

Which = Literal["first", "next"]


class Limit(Row):
    """How many answers, of how many homes, a step takes."""

    which: Which
    answers: int
    homes: int


@dataclass(frozen=True)
class Answer:
    """What a household said of one request; `is_counted` once a step has taken account of the request."""

    occupancy: str
    verdict: str
    marks: Sequence[str]
    is_counted: bool = False


@dataclass(frozen=True)
class Figure:
    """What households said: `good` of `answers` were content; marks by how many gave them."""

    answers: int = 0
    good: int = 0
    marks: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Step:
    """A step that closes now; `is_published` unless it would tell what each household of it said."""

    figure: Figure
    is_published: bool


@dataclass(frozen=True)
class Published:
    """A residence with its figure, which stands until the next step."""

    residence: str
    answers: int
    good: int
    marks: Mapping[str, int]


def limit(which: Which, on: date) -> Limit:
    """The limit in force on that legal day."""
    return next(row for row in in_force(_limits(), on) if row.which == which)


def next_step(
    answers: Sequence[Answer], on: date, *, is_first: bool, published: Figure | None
) -> Step | None:
    """The step that the answers of a residence make on that legal day, if they are enough.

    `is_first`: whether no step was closed yet; `published`: the figure that stands, if one does.
    """
    fresh = [one for one in answers if not one.is_counted]
    needed = limit("first" if is_first else "next", on)
    if len(fresh) < needed.answers or len({one.occupancy for one in fresh}) < needed.homes:
        return None
    figure = figure_of(answers)
    return Step(figure, published is None or not tells_all(published, figure))


def tells_all(before: Figure, after: Figure) -> bool:
    """Whether the difference could only be if everybody in it said the same."""
    more, good = after.answers - before.answers, after.good - before.good
    same_mark = any(count - before.marks.get(mark, 0) >= more for mark, count in after.marks.items())
    return not 0 < good < more or same_mark


def figure_of(answers: Sequence[Answer]) -> Figure:
    """All answers counted, marks in the order of their list."""
    counts = {mark: sum(mark in one.marks for one in answers) for mark in codes("opinion_marks")}
    return Figure(
        len(answers),
        sum(one.verdict == "good" for one in answers),
        {mark: count for mark, count in counts.items() if count},
    )


async def published(unit: Unit) -> list[Published]:
    """What stands published, by residence: the same for residents and staff."""
    rows = await unit.session.execute(
        select(OpinionStep)
        .where(col(OpinionStep.coop) == unit.coop, col(OpinionStep.is_published))
        .ext(distinct_on(col(OpinionStep.residence)))
        .order_by(col(OpinionStep.residence), col(OpinionStep.number).desc())
    )
    return [Published(row.residence, row.answers, row.good, _in_order(row.marks)) for row in rows.scalars()]


async def take_turn(unit: Unit, ticket: str) -> None:
    """Before an answer is written: who closes a step writes to the answers of others, and would wait for one
    that is just given anew, while that one waited for its turn."""
    residence = await _residence_of(unit, ticket)
    if residence is not None:
        await _take_turn(unit, residence)


async def advance(unit: Unit, ticket: str) -> None:
    """Close a step of the residence that the request is of, if an answer made it enough."""
    residence = await _residence_of(unit, ticket)
    if residence is not None:
        await _advance(unit, residence)


async def advance_all(unit: Unit) -> None:
    """A duty: close the steps for which there are enough answers, as after an upgrade."""
    waiting = text(
        f"SELECT DISTINCT residence FROM ({_ANSWERS}) a WHERE NOT is_counted ORDER BY 1"  # noqa: S608
    )
    for residence in (await unit.session.execute(waiting, {"coop": unit.coop})).scalars().all():
        await _advance(unit, residence)


_PLACED = """
FROM aftersales.ticket t
LEFT JOIN registry.dwelling d ON d.id = t.dwelling
LEFT JOIN registry.building b ON b.id = t.building AND t.dwelling IS NULL"""
_RESIDENCES = f"SELECT coalesce(d.residence, b.residence) {_PLACED} WHERE true"
_ANSWERS = f"""
SELECT o.ticket, t.occupancy, o.verdict, o.qualities, o.counted_in IS NOT NULL AS is_counted,
  coalesce(d.residence, b.residence) AS residence
{_PLACED} JOIN aftersales.opinion o ON o.ticket = t.id
WHERE o.coop = :coop AND o.side = 'household' AND coalesce(d.residence, b.residence) IS NOT NULL
"""


async def _residence_of(unit: Unit, ticket: str) -> str | None:
    rows = await unit.session.execute(text(f"{_RESIDENCES} AND t.id = :about"), {"about": ticket})
    return rows.scalar_one_or_none()


async def _take_turn(unit: Unit, residence: str) -> None:
    """Two last answers at once would close the same step, or each leave it to the other."""
    key = f"opinions {unit.coop} {residence}"
    await unit.session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": key})


async def _advance(unit: Unit, residence: str) -> None:
    await _take_turn(unit, residence)
    values = {"coop": unit.coop, "residence": residence}
    of_residence = text(f"SELECT * FROM ({_ANSWERS}) a WHERE residence = :residence")  # noqa: S608
    rows = (await unit.session.execute(of_residence, values)).all()
    steps = await _steps(unit, residence)
    standing = next((one for one in reversed(steps) if one.is_published), None)
    step = next_step(
        [Answer(row.occupancy, row.verdict, row.qualities, row.is_counted) for row in rows],
        await local_today(unit),
        is_first=not steps,
        published=Figure(standing.answers, standing.good, standing.marks) if standing else None,
    )
    if step is None:
        return
    number = len(steps) + 1
    unit.session.add(
        OpinionStep(
            coop=unit.coop or "",
            residence=residence,
            number=number,
            closed_at=unit.now,
            answers=step.figure.answers,
            good=step.figure.good,
            marks=dict(step.figure.marks),
            is_published=step.is_published,
        )
    )
    await unit.session.execute(
        text(
            "UPDATE aftersales.opinion SET counted_in = :number"
            " WHERE side = 'household' AND ticket = ANY(:tickets) AND counted_in IS NULL"
        ),
        {"number": number, "tickets": [row.ticket for row in rows]},
    )
    await unit.session.flush()


async def _steps(unit: Unit, residence: str) -> list[OpinionStep]:
    rows = await unit.session.execute(
        select(OpinionStep)
        .where(col(OpinionStep.coop) == unit.coop, col(OpinionStep.residence) == residence)
        .order_by(col(OpinionStep.number))
    )
    return list(rows.scalars())


def _in_order(marks: Mapping[str, Any]) -> dict[str, int]:
    return {mark: int(marks[mark]) for mark in codes("opinion_marks") if mark in marks}


@cache
def _limits() -> tuple[Limit, ...]:
    return TypeAdapter(tuple[Limit, ...]).validate_python(load("opinions/publishing")["steps"])
