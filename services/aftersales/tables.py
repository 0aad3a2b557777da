"""Reads the dated tables of facts (YAML) that lie beside the rules."""

from collections.abc import Iterable
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict

_FOLDER = Path(__file__).parent


class Row(BaseModel):
    """A row of a table of facts: when it holds, where it comes from, and whether a primary text was read."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    valid_from: date = date(1900, 1, 1)
    valid_to: date | None = None
    source: str = ""
    verified: bool = False

    def holds(self, on: date) -> bool:
        """Whether the row is in force on that legal day, both ends included."""
        return self.valid_from <= on and (self.valid_to is None or on <= self.valid_to)


R = TypeVar("R", bound=Row)


def in_force(rows: Iterable[R], on: date) -> list[R]:
    """The rows that hold on `on`, in the table's order."""
    return [row for row in rows if row.holds(on)]


@cache
def load(name: str) -> dict[str, Any]:
    """The content of `name`.yaml beside the rules. The result is shared: do not change it."""
    content = yaml.safe_load((_FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
    assert isinstance(content, dict)
    return content
