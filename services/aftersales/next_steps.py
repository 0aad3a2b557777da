"""What a household can do next, after a decision on who must act or after a refusal, in its own words."""

from dataclasses import dataclass
from functools import cache
from typing import Literal

from pydantic import BaseModel, ConfigDict

from contracts.codes import Responsible, Tenure
from services.aftersales.tables import Row, load
from services.aftersales.words import word

LETTERS = ("vendor_writes", "contractor_notice")
"""What announces a letter."""
CONTEST = "contest"
"""The step that is gone once a refusal was contested."""


WAIT = "cooperative_acts"
"""The step that is gone once a visit is fixed."""
NOT_BEFORE = "disagree"
"""Another step that is gone then: whoever comes has taken it on."""


@dataclass(frozen=True)
class Contact:
    """A party besides the cooperative that the household may turn to."""

    name: str
    phone: str | None
    email: str | None
    reference: str | None


class Steps(Row):
    """One row of `next_steps.yaml`: keys of sentences, the common ones first."""

    all: tuple[str, ...]
    tenant: tuple[str, ...]
    owner: tuple[str, ...]

    def for_tenure(self, tenure: Tenure | None) -> tuple[str, ...]:
        if tenure is None:
            return self.all
        return (*self.all, *(self.tenant if tenure is Tenure.TENANT else self.owner))


class Table(BaseModel):
    """`next_steps.yaml` as a whole."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    responsible: dict[Responsible, Steps]
    visit: dict[Literal["at_home", "common_parts"], Steps]
    refusals: dict[str, Steps]


def after_decision(
    responsible: Responsible,
    tenure: Tenure | None,
    language: str,
    visit: Literal["at_home", "common_parts"] | None = None,
    *,
    is_written: bool = False,
) -> list[str]:
    """What to do once it is settled who must act; `visit`: where somebody comes at an hour that is fixed;
    `is_written`: whether the letter to whoever owes it has gone, so that nobody announces it any more."""
    steps = _table().responsible[responsible]
    told = LETTERS if is_written else ()
    if visit is None:
        return _said(steps, tenure, language, told)
    before = _said(_table().visit[visit], tenure, language)
    return before + _said(steps, tenure, language, (WAIT, NOT_BEFORE, *told))


def after_refusal(
    reason: str, tenure: Tenure | None, language: str, *, may_contest: bool = True
) -> tuple[str, list[str]]:
    """Why a request with that reason code is not taken on, and what the household can still do.

    A code that the table does not know yet is explained as `other`. `may_contest`: false once it has.
    """
    known = reason if reason in _table().refusals else "other"
    steps = _said(_table().refusals[known], tenure, language, () if may_contest else (CONTEST,))
    return word("refusals", known, language), steps


def _said(steps: Steps, tenure: Tenure | None, language: str, without: tuple[str, ...] = ()) -> list[str]:
    return [word("next_steps", key, language) for key in steps.for_tenure(tenure) if key not in without]


@cache
def _table() -> Table:
    return Table.model_validate(load("next_steps"))
