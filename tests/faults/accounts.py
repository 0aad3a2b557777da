"""What was promised beside what is there: readings, requests and messages, compared key by key."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from contracts.codes import Quantity
from simulators.ledger import Ledger
from simulators.publications import Publication

Key = tuple[str, str, datetime]
"""Meter, register, instant (UTC)."""


@dataclass
class Difference:
    """What is wrong, each by its key. Falsy when nothing is."""

    missing: list[object] = field(default_factory=list)
    """Promised and not there."""
    doubled: list[object] = field(default_factory=list)
    altered: list[object] = field(default_factory=list)
    unexpected: list[object] = field(default_factory=list)
    """There, and never sent."""

    def __bool__(self) -> bool:
        return bool(self.missing or self.doubled or self.altered or self.unexpected)

    def __str__(self) -> str:
        parts = [
            f"{len(keys)} {name} (the first: {', '.join(map(str, keys[:3]))})"
            for name, keys in vars(self).items()
            if keys
        ]
        return "; ".join(parts) or "no difference"


def compare(
    acknowledged: Mapping[Key, int], sent: Mapping[Key, int], stored: Iterable[tuple[Key, int]]
) -> Difference:
    """Every acknowledged reading must be stored once with its value; one that was sent and not acknowledged
    may be; no other."""
    found: dict[Key, list[int]] = defaultdict(list)
    for key, value in stored:
        found[key].append(value)
    return Difference(
        missing=[key for key in acknowledged if key not in found],
        doubled=[key for key, values in found.items() if len(values) > 1],
        altered=[key for key, values in found.items() if key in sent and set(values) != {sent[key]}],
        unexpected=[key for key in found if key not in sent],
    )


def compare_letters(
    handed_over: Mapping[str, bool], in_mailbox: Iterable[str], most_if_uncertain: int = 2
) -> Difference:
    """Message-IDs of settled deliveries (True: its worker died at the hand-over) beside those received.

    A certain one arrives once. SMTP cannot do better than twice for one whose hand-over was interrupted.
    """
    received = Counter(in_mailbox)
    return Difference(
        missing=[message for message in handed_over if not received[message]],
        doubled=[
            message
            for message, count in received.items()
            if count > (most_if_uncertain if handed_over.get(message) else 1)
        ],
        unexpected=[message for message in received if message not in handed_over],
    )


class ReadingLedger(Ledger):
    """The devices' own account of every reading by its key, in thousandths of a watt-hour."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: dict[Key, int] = {}
        self.acked: dict[Key, int] = {}

    def published(self, one: Publication) -> None:
        super().published(one)
        self.sent.update(_readings(one))

    def acknowledged(self, one: Publication) -> None:
        super().acknowledged(one)
        self.acked.update(_readings(one))


def _readings(one: Publication) -> dict[Key, int]:
    register = Quantity.ENERGY_IMPORT.value
    values = {(register, at): value for at, value in one.registers}
    values |= {(f"{register}@1800", at): value for at, value in one.intervals}
    return {
        (one.meter, name, datetime.fromtimestamp(at, UTC)): value * 1000
        for (name, at), value in values.items()
    }
