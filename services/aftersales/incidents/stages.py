"""The life of an incident: which action leads from which stage to which, by whom, and what it needs."""

from dataclasses import dataclass
from typing import Final

OPEN: Final = ("proposed", "confirmed", "in_progress")
"""Like reports of the same place still join it."""
CONFIRMED: Final = ("confirmed", "in_progress")
STAGES: Final = (*OPEN, "resolved", "closed", "dismissed", "merged")
SAME: Final = "as before"
UNDOABLE: Final = ("confirm", "dismiss", "merge", "rescope")
"""What a person decided and another may take back, as long as nothing was decided after it."""

_STAFF = ("staff",)


@dataclass(frozen=True)
class Move:
    """One action. `needs`: fields of the action's form."""

    froms: tuple[str, ...]
    to: str
    roles: tuple[str, ...] = _STAFF
    needs: tuple[str, ...] = ()


TABLE: Final[dict[str, Move]] = {
    "confirm": Move(("proposed",), "confirmed"),
    "dismiss": Move(("proposed",), "dismissed", needs=("reason",)),
    "start": Move(("confirmed",), "in_progress"),
    "tell": Move(CONFIRMED, SAME, needs=("text_fr",)),
    "rescope": Move(OPEN, SAME, needs=("scope",)),
    "merge": Move(OPEN, SAME, needs=("other",)),
    "add": Move(OPEN, SAME, needs=("ticket",)),
    "split": Move((*OPEN, "resolved"), SAME, needs=("ticket",)),
    "resolve": Move(CONFIRMED, "resolved"),
    "reopen": Move(("resolved",), "in_progress", needs=("reason",)),
    "close": Move(("resolved",), "closed", ("staff", "system")),
    "undo": Move(("confirmed", "dismissed", "proposed", "in_progress"), SAME, needs=("reason",)),
}


class NotPossible(Exception):
    """The action may not be done now by that role; `legal` are those that may."""

    def __init__(self, action: str, stage: str, legal: tuple[str, ...]) -> None:
        super().__init__(f"{action} is not possible while {stage}")
        self.legal, self.stage = legal, stage


def legal_moves(stage: str, role: str, last: str | None = None) -> tuple[str, ...]:
    """What that role may do now. `last` is the last thing that a person decided about the incident."""
    return tuple(
        action
        for action, move in TABLE.items()
        if stage in move.froms and role in move.roles and (action != "undo" or last in UNDOABLE)
    )


def next_stage(stage: str, action: str, role: str, last: str | None = None) -> str:
    """Where the action leads. Raises NotPossible."""
    legal = legal_moves(stage, role, last)
    if action not in legal:
        raise NotPossible(action, stage, legal)
    to = TABLE[action].to
    return stage if to == SAME else to
