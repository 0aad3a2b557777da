"""The states of an import, what may be done in each, and why it ended as it did."""

from enum import StrEnum


class ImportState(StrEnum):
    WAITING = "waiting"
    READING = "reading"
    """The file is being opened; nothing is stored yet."""
    STORING = "storing"
    DONE = "done"
    FAILED = "failed"
    """Nothing of it could be used, or it could not be read to its end; see the message."""
    CANCELLED = "cancelled"
    """What was stored before stays, until it is undone."""
    UNDOING = "undoing"
    UNDONE = "undone"


class ImportAction(StrEnum):
    CANCEL = "cancel"
    UNDO = "undo"
    """Take back every value that this import brought, and settle its days again."""
    CHOOSE = "choose"
    """Say which delivery point of the file is this home's; then it is read again, and stored."""


class Message(StrEnum):
    """Why an import ended as it did, if not for a `FileReason`. Its words are `import_messages`."""

    NOTHING_USABLE = "nothing_usable"
    EMPTY = "empty"
    NO_CONSENT = "no_consent"
    OUTSIDE_OCCUPANCY = "outside_occupancy"
    WRONG_QUANTITY = "wrong_quantity"
    SEVERAL_POINTS = "several_points"
    OTHER_POINT = "other_point"
    UNANSWERED = "unanswered"
    NO_METER = "no_meter"
    FAULT = "fault"
    CANCELLED = "cancelled"
    UNDONE = "undone"
    UNDONE_PARTLY = "undone_partly"


class StaysBecause(StrEnum):
    """Why a day cannot change any more, not even when an import is taken back. Its words: `stays_because`."""

    READINGS_GONE = "readings_gone"
    TOTALS_ONLY = "totals_only"


ACTIVE = (ImportState.WAITING, ImportState.READING, ImportState.STORING, ImportState.UNDOING)
"""A worker has it, or will."""
_CANCELLABLE = (ImportState.WAITING, ImportState.READING, ImportState.STORING)
_ENDED = (ImportState.DONE, ImportState.FAILED, ImportState.CANCELLED)


def legal_actions(state: ImportState, accepted: int, dry_run: bool) -> list[ImportAction]:
    """What may be done with an import now."""
    if state in _CANCELLABLE:
        return [ImportAction.CANCEL]
    if state in _ENDED and accepted and not dry_run:
        return [ImportAction.UNDO]
    return []


def outcome(counts: dict[str, int]) -> tuple[ImportState, Message | None]:
    """How a file that was read to its end has ended: failed when nothing of it could be used."""
    if counts["accepted"] or counts["duplicate"] or counts["conflict"]:
        return ImportState.DONE, None
    if counts["outside_occupancy"] or counts["no_consent"]:
        away = counts["outside_occupancy"] >= counts["no_consent"]
        return ImportState.FAILED, Message.OUTSIDE_OCCUPANCY if away else Message.NO_CONSENT
    return ImportState.FAILED, Message.NOTHING_USABLE if counts["refused"] else Message.EMPTY
