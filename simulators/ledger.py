"""The devices' own account of what they published and what the broker acknowledged."""

import json
from dataclasses import dataclass, field
from pathlib import Path

from simulators.publications import Publication


@dataclass
class MeterAccount:
    """One meter's acknowledged publications."""

    messages: int = 0
    acknowledged: int = 0
    readings: int = 0
    """Readings in acknowledged messages, repeats included."""
    garbage: int = 0
    """Acknowledged messages that must be in quarantine."""
    first: tuple[int, int] | None = None
    last: tuple[int, int] | None = None
    intervals: dict[int, int] = field(default_factory=dict)
    first_fed_in: tuple[int, int] | None = None
    last_fed_in: tuple[int, int] | None = None

    @property
    def energy_wh(self) -> int:
        """Advance of the register between its first and last acknowledged reading, or the sum of the
        acknowledged intervals of a meter that sends load curves. Of a water or gas meter: litres."""
        if self.first is not None and self.last is not None:
            return self.last[1] - self.first[1]
        return sum(self.intervals.values())

    @property
    def fed_in_wh(self) -> int:
        """Advance of the register of energy fed into the grid."""
        if self.first_fed_in is None or self.last_fed_in is None:
            return 0
        return self.last_fed_in[1] - self.first_fed_in[1]


class Ledger:
    """Accounts by meter. A publication counts once the broker has acknowledged it."""

    def __init__(self) -> None:
        self.meters: dict[str, MeterAccount] = {}

    def published(self, one: Publication) -> None:
        self._account(one).messages += 1

    def acknowledged(self, one: Publication) -> None:
        account = self._account(one)
        account.acknowledged += 1
        account.readings += one.readings
        account.garbage += not one.is_sound
        for reading in one.registers:
            if account.first is None or reading < account.first:
                account.first = reading
            if account.last is None or reading > account.last:
                account.last = reading
        account.intervals.update(one.intervals)
        for reading in one.fed_in:
            account.first_fed_in = min(account.first_fed_in or reading, reading)
            account.last_fed_in = max(account.last_fed_in or reading, reading)

    @property
    def readings(self) -> int:
        return sum(account.readings for account in self.meters.values())

    @property
    def messages(self) -> int:
        return sum(account.acknowledged for account in self.meters.values())

    @property
    def waiting(self) -> int:
        """Messages published and not acknowledged."""
        return sum(account.messages - account.acknowledged for account in self.meters.values())

    def write(self, path: Path) -> None:
        """A JSON document: by meter, messages, acknowledged, readings, garbage, energy_wh (litres, where it
        is no energy), and energy fed in where there is any."""
        document = {
            meter: {
                "messages": account.messages,
                "acknowledged": account.acknowledged,
                "readings": account.readings,
                "garbage": account.garbage,
                "energy_wh": account.energy_wh,
                **({"fed_in_wh": account.fed_in_wh} if account.last_fed_in else {}),
            }
            for meter, account in sorted(self.meters.items())
        }
        path.write_text(json.dumps(document, indent=1) + "\n", "utf-8")

    def _account(self, one: Publication) -> MeterAccount:
        return self.meters.setdefault(one.meter, MeterAccount())
