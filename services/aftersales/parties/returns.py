"""What mail servers report of letters they had taken and could not deliver after all (RFC 3464)."""

import email
import re
from dataclasses import dataclass
from email import policy
from email.message import Message

_LETTER = re.compile(r"ltr_[0-9a-z]{20,40}", re.IGNORECASE)
_TO = ("To", "Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To")
_STATUS = re.compile(r"\b[245]\.\d{1,3}\.\d{1,3}\b")
LONGEST = 200_000
"""Bytes of a report that are read: what matters stands in its first parts."""


@dataclass(frozen=True)
class Report:
    """A letter came back for good. `status` is the enhanced code (RFC 3463), where the report gives one."""

    letter: str
    status: str | None


def read(raw: bytes) -> Report | None:
    """The report in a message as it arrived; None for what is none, and for one that only tells of a delay.

    The letter is known by the address the report came to (its `{id}`), else by the Message-ID of what it
    quotes.
    """
    # Headers as they are: reading addresses out of broken ones fails in many ways.
    message = email.message_from_bytes(raw[:LONGEST], policy=policy.compat32)
    fields = _delivery_fields(message)
    if fields is None:
        return None
    action = str(fields.get("Action", "")).strip().lower()
    status = _STATUS.search(str(fields.get("Status", "")))
    if action != "failed" or (status is not None and not status[0].startswith("5")):
        return None
    letter = _letter_of(message)
    return Report(letter, status[0] if status else None) if letter else None


def _delivery_fields(message: Message) -> Message | None:
    """The fields of the recipient that failed, else of the first; None when it is no delivery report."""
    for part in message.walk():
        if part.get_content_type() != "message/delivery-status":
            continue
        blocks = part.get_payload()
        found = [one for one in blocks if isinstance(one, Message)] if isinstance(blocks, list) else []
        recipients = [one for one in found if one.get("Action")]
        failed = [one for one in recipients if str(one["Action"]).strip().lower() == "failed"]
        return next(iter(failed or recipients), None)
    return None


def _letter_of(message: Message) -> str | None:
    for name in _TO:
        for value in message.get_all(name, []):
            if match := _LETTER.search(str(value)):
                return match[0].lower()
    for part in message.walk():
        kind = part.get_content_type()
        if kind == "message/rfc822" or (part is not message and part.get("Message-ID")):
            match = _LETTER.search(str(part.get("Message-ID", "")))
        elif kind in ("text/rfc822-headers", "message/rfc822-headers"):
            match = _LETTER.search(str(part.get_payload()))
        else:
            continue
        if match:
            return match[0].lower()
    return None
