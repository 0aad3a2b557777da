"""Who may give or withdraw a household's consent, and what follows from what already stands."""

from dataclasses import dataclass
from enum import StrEnum

from contracts.codes import Right, Role
from services.members.occupancies import may_decide


class ConsentChannel(StrEnum):
    """`self`: the household's own act. `paper`: signed, kept by staff, with a witness."""

    SELF = "self"
    PAPER = "paper"


@dataclass(frozen=True)
class Wish:
    """One purpose given or withdrawn."""

    granted: bool
    by: str
    """The person whose decision it is."""
    text_version: str
    channel: ConsentChannel
    witness: str | None = None


@dataclass(frozen=True)
class Standing:
    """The consent in force for the purpose."""

    text_version: str


class Step(StrEnum):
    NOTHING = "nothing"
    GIVE = "give"
    WITHDRAW = "withdraw"
    RENEW = "renew"
    """Given again under another text: the old giving is closed, a new one opened."""


def fault(wish: Wish, role: Role, person: str | None, rights: dict[str, Right]) -> tuple[str, str] | None:
    """Why the wish is not the household's own, as (JSON pointer, code), or None.

    `rights` are those of the persons who see the household today. A field that staff tick is no consent
    (GDPR article 4(11)): they may only record a signed paper, with a witness.
    """
    if wish.by not in rights:
        return "/by", "not_in_household"
    if not may_decide(rights[wish.by]):
        return "/by", "may_not_decide"
    if role is Role.RESIDENT:
        if wish.channel is not ConsentChannel.SELF:
            return "/channel", "paper_is_recorded_by_staff"
        return None if wish.by == person else ("/by", "not_yourself")
    if wish.channel is not ConsentChannel.PAPER:
        return "/channel", "household_only"
    if not (wish.witness or "").strip():
        return "/witness", "witness_missing"
    return None


def step(wish: Wish, standing: Standing | None) -> Step:
    """What to write. Repeating a wish changes nothing."""
    if not wish.granted:
        return Step.WITHDRAW if standing else Step.NOTHING
    if standing is None:
        return Step.GIVE
    return Step.NOTHING if standing.text_version == wish.text_version else Step.RENEW
