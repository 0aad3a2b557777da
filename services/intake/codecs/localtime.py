"""Local times without a UTC offset, as many devices say them, and the instants they mean."""

from datetime import UTC, datetime, timedelta

DRIFT = timedelta(minutes=2)
"""How far ahead of ours a well-set clock of a device may be."""


def instant_of(local: datetime, received_at: datetime) -> datetime | None:
    """The UTC instant of a naive `local` time in the zone of `received_at`; None for a time that the zone
    skips in spring: whatever showed it, its clock is not the zone's.

    The hour that comes twice in autumn is told apart by the arrival: of its two instants the latest that is
    not after it. OverflowError at the ends of the calendar.
    """
    zone = received_at.tzinfo
    there = local.replace(tzinfo=zone)
    if there.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != local:
        return None
    both = sorted(local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    latest = received_at.astimezone(UTC) + DRIFT  # a sum of a local time would forget which of the two it is
    return both[1] if both[1] <= latest else both[0]


def instant_in_season(local: datetime, is_summer: bool, received_at: datetime) -> datetime | None:
    """The same, where the device says which season its clock is in; None when the zone knows no such time."""
    for fold in (0, 1):
        aware = local.replace(tzinfo=received_at.tzinfo, fold=fold)
        if bool(aware.dst()) == is_summer:
            return aware.astimezone(UTC)
    return None
