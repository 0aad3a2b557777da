"""What only asks, thanks or informs: where it says of nothing what is wrong with it, nothing is proposed."""

from collections.abc import Sequence

from services.aftersales.intake.group import Group
from services.aftersales.intake.matching import Found
from services.aftersales.intake.stances import Stances


def only_asked_about(found: Found, said: Stances, groups: Sequence[Group]) -> bool:
    """Whether nothing of it is to be repaired: no thing has anything wrong, and it asks, thanks or informs.

    A word of trouble ("repair", "problem") makes it a request, but not what is told to be mended.
    """
    if any(map(_is_wrong, groups)):
        return False
    if said.fine and all(group.is_fine or group.is_no_repair for group in groups):
        return True
    if found.of("trouble") or said.fine:
        return False
    has_question = "?" in found.text
    asks = any(has_question or hit.code == "always" for hit in found.of("asks"))
    is_one_question = has_question and len({token.sentence for token in found.tokens}) == 1
    return asks or is_one_question or bool(said.no_repair)


def _is_wrong(group: Group) -> bool:
    """Told of it here and now."""
    if group.danger:
        return True
    told = bool(group.symptoms) or group.is_absent or group.is_excepted
    return told and not group.is_fine and not (group.is_no_repair and group.names)
