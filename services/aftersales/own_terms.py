"""What a cooperative decided about legal terms that are not confirmed: whether they apply, and how long."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from pydantic import BaseModel

from contracts.codes import Regime, Tenure
from services.aftersales.tables import load

T = TypeVar("T", bound=BaseModel)


@dataclass(frozen=True)
class OwnTerm:
    """A decision on one window or regime, for every building or one. It never changes a confirmed rule."""

    code: str
    """Of a window, or of a whole regime."""
    applies: bool
    tenure: Tenure | None = None
    building: str | None = None
    years: int | None = None
    months: int | None = None
    calendar_days: int | None = None
    basis: str | None = None
    """The text, contract or opinion it rests on."""
    valid_from: date = date(1900, 1, 1)

    def counted(self, terms: T) -> T:
        """The row with the periods that were decided; the others stay."""
        given = {"years": self.years, "months": self.months, "calendar_days": self.calendar_days}
        decided = {name: value for name, value in given.items() if value is not None}
        fresh: dict[str, int] = dict.fromkeys((name for name in given if hasattr(terms, name)), 0)
        return terms.model_copy(update=fresh | decided) if decided else terms


def is_confirmed(row_is_verified: bool, tenure: Tenure | None) -> bool:
    """Whether a row holds as it stands for that tenure, so that nothing is left to decide."""
    return row_is_verified and not is_unconfirmed(tenure)


def is_unconfirmed(tenure: Tenure | None) -> bool:
    """Whether the law of that tenure was not read: what is said of it carries a note."""
    return tenure is not None and tenure.value in load("warranty")["unconfirmed_tenures"]


def own_term(
    own: Sequence[OwnTerm], code: str, regime: Regime | None, tenure: Tenure | None, on: date
) -> OwnTerm | None:
    """The decision that counts: a building's before the cooperative's, the more precise before the other."""
    known = [
        one
        for one in own
        if one.code in (code, regime.value if regime else code)
        and one.tenure in (None, tenure)
        and one.valid_from <= on
    ]
    return max(
        known,
        key=lambda one: (one.building is not None, one.code == code, one.tenure is not None, one.valid_from),
        default=None,
    )
