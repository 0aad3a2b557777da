"""What a check says about a stretch of a day, and how it is kept with the day."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from contracts.codes import Check, Severity

Detail = Mapping[str, int | str]


@dataclass(frozen=True, slots=True)
class Finding:
    """Half-hours `first_slot` to `last_slot`, both inside, and what was found there. Amounts in `detail`
    are whole units (Wh, L), times are seconds."""

    check: Check
    first_slot: int
    last_slot: int
    severity: Severity
    detail: Detail = field(default_factory=dict)

    @property
    def slots(self) -> range:
        return range(self.first_slot, self.last_slot + 1)

    @property
    def is_held(self) -> bool:
        return self.severity is Severity.HOLD


def as_rows(
    findings: Iterable[Finding], slots: int, *, keeps_slots: bool = True
) -> list[dict[str, Any]] | None:
    """Findings as they are stored, None where there are none. Where only the day's total may be kept
    they say that something was found in the day, and neither when nor how much."""
    if keeps_slots:
        return [
            {
                "check": one.check.value, "first_slot": one.first_slot, "last_slot": one.last_slot,
                "severity": one.severity.value, "detail": dict(one.detail),
            }
            for one in findings
        ] or None  # fmt: skip
    coarse = dict.fromkeys((one.check.value, one.severity.value) for one in findings)
    return [
        {"check": check, "first_slot": 0, "last_slot": slots - 1, "severity": severity, "detail": {}}
        for check, severity in coarse
    ] or None
