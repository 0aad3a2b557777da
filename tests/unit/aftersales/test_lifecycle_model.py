"""Random lives of a request hold against an account of its own; without any one guard they do not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from contracts.codes import Priority
from services.aftersales import guards, history
from services.aftersales.lifecycle import STATES, TABLE, Terms
from tests.unit.aftersales.lives import ROLES, Life, walk_everywhere

TestLife = Life.TestCase
TestLife.settings = settings(
    max_examples=100, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
)


def test_every_way_and_every_door_at_its_end_is_as_agreed() -> None:
    walk_everywhere()


def noticed(doors: tuple[str, ...]) -> None:
    """The walk fails at one of these doors, so what was taken out was needed."""
    with pytest.raises(AssertionError):
        walk_everywhere(doors)


@pytest.mark.parametrize("name", list(guards.GUARDS))
def test_without_a_guard_an_illegal_step_is_found(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    doors = guards.GUARDS[name].actions or tuple(TABLE)
    monkeypatch.delitem(guards.GUARDS, name)
    noticed(doors)


@pytest.mark.parametrize(
    ("action", "change"),
    [
        (action, change)
        for action, row in TABLE.items()
        for change in ("roles", "froms", "needs")
        if change != "needs" or row.needs or row.needs_of or row.records
    ],
)
def test_a_row_that_lets_anybody_or_anything_through_is_found(
    action: str, change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = TABLE[action]
    wider: dict[str, Any] = {
        "roles": {"roles": ROLES},
        "froms": {"froms": STATES},
        "needs": {"needs": (), "needs_of": {}, "records": ()},
    }[change]
    monkeypatch.setitem(TABLE, action, replace(row, **wider))
    noticed((action,))


def test_an_answer_with_nobody_behind_it_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = history._answered

    def anybody(ticket: Any, step: Any) -> Any:
        return whole(ticket, replace(step, facts={**step.facts, "named": "per_1"}))

    monkeypatch.setattr(history, "_answered", anybody)
    life = Life()
    life.told(Terms(), "submitted")
    life.somebody_acts("acknowledge", "staff", "per_1", "contractor", None, "notice", 0, ("name",))
    with pytest.raises(AssertionError):
        life.somebody_asks_whether_it_was_answered(Priority.P3)
