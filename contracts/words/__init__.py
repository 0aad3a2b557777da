"""What the codes of the contract are called, in French and English.

A code crosses rooms in events and leaves by the API; whoever shows it (a page, a letter, an outside
application) shows the same words. The order of a group is the one people should see.
"""

from functools import cache
from importlib.resources import files

import yaml
from pydantic import BaseModel, ConfigDict


class Label(BaseModel):
    """A text in the two languages of the house."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    fr: str
    en: str

    def in_(self, language: str) -> str:
        """The text in `language`; French when the language is unknown."""
        return self.en if language == "en" else self.fr


def labels(group: str) -> dict[str, Label]:
    """The codes of a group, such as `elements` or `states`, with their words. Shared: do not change it.

    Raises KeyError for a group that is not in the tables.
    """
    return _groups()[group]


def word(group: str, code: str, language: str) -> str:
    """What one code is called, e.g. `word("states", "submitted", "fr")`. Raises KeyError when unknown."""
    return labels(group)[code].in_(language)


@cache
def _groups() -> dict[str, dict[str, Label]]:
    found: dict[str, dict[str, Label]] = {}
    for name in ("homes", "tickets", "energy", "incidents"):
        table = yaml.safe_load((files("contracts.words") / f"{name}.yaml").read_text(encoding="utf-8"))
        for group, rows in table.items():
            assert group not in found, f"{group} stands in two tables"
            found[group] = {code: Label(**row) for code, row in rows.items()}
    return found
