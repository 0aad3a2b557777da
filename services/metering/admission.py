"""Whether a reading may be kept: its meter is known, a household lives there, and it consents now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from contracts.codes import Kind
from services.metering.days import Calendar


@dataclass(frozen=True, slots=True)
class Stay:
    """One occupancy of the meter's dwelling. `may_keep` when `daily` or `half_hourly` is consented."""

    starts_at: datetime
    ends_at: datetime | None
    may_keep: bool


@dataclass(frozen=True, slots=True)
class Ground:
    """What is known of a meter. `stays` is None for a common part, which needs nobody's consent."""

    coop: str
    calendar: Calendar
    stays: Sequence[Stay] | None

    def is_within_one_stay(self, first: datetime, last: datetime) -> bool:
        """Whether all instants from `first` to `last` lie in the same occupancy, and in no other."""
        touched = [
            stay
            for stay in self.stays or ()
            if stay.starts_at <= last and (stay.ends_at is None or first <= stay.ends_at)
        ]
        return (
            len(touched) == 1
            and touched[0].starts_at <= first
            and (touched[0].ends_at is None or last < touched[0].ends_at)
        )


class Verdict(StrEnum):
    ADMITTED = "admitted"
    UNKNOWN_METER = "unknown_meter"
    NO_CONSENT = "no_consent"
    OUTSIDE_OCCUPANCY = "outside_occupancy"


RESERVED_SUFFIXES = {"edited": "edited", "file": "file", "estimated": "file"}
"""Register suffixes that say more than a meter may, and how the codec that may use them begins."""


def is_reserved(register: str, codec: str) -> bool:
    """True when a device calls its register as only a correction or a validated file may."""
    suffix = register.partition("@")[0].partition(".")[2]
    codec_begins = RESERVED_SUFFIXES.get(suffix)
    return codec_begins is not None and not codec.startswith(codec_begins)


def judge(ground: Ground | None, coop: str, kind: Kind, instant: datetime) -> Verdict:
    """The verdict on one reading of cooperative `coop`.

    A register read at the very end of an occupancy closes its last half-hour, so it belongs to it.
    """
    if ground is None or ground.coop != coop:
        return Verdict.UNKNOWN_METER
    if ground.stays is None:
        return Verdict.ADMITTED
    lived_in = False
    for stay in ground.stays:
        inside = stay.starts_at <= instant and (stay.ends_at is None or instant < stay.ends_at)
        closes = kind == Kind.REGISTER and instant == stay.ends_at
        if (inside or closes) and stay.may_keep:
            return Verdict.ADMITTED
        lived_in = lived_in or inside
    return Verdict.NO_CONSENT if lived_in else Verdict.OUTSIDE_OCCUPANCY
