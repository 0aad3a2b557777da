"""Who speaks for a time when an import is taken back: as if only the others had ever been brought. Pure."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from services.metering.imports.comparing import ROUNDING_MILLI, Outcome


class Claim(NamedTuple):
    """What one import said of one time."""

    stamp: datetime
    """When it was brought: of two the earlier one stands."""
    file_import: str
    """Empty of a stored value whose import is no longer known."""
    is_estimated: bool
    value_milli: int


class Standing(NamedTuple):
    """The values that are kept of one time: a measured one, and an estimate that came before it."""

    measured: Claim | None = None
    estimated: Claim | None = None

    def own(self, claim: Claim) -> Claim | None:
        """The one that is kept where the claim's value would be."""
        return self.estimated if claim.is_estimated else self.measured


def standing(claims: Iterable[Claim]) -> Standing:
    """What would be kept had these come in their order and nothing else: the first measured value, and the
    first estimate unless a measured value was there already."""
    now = Standing()
    for claim in sorted(claims, key=lambda one: one.stamp):
        if claim.is_estimated and now.measured is None and now.estimated is None:
            now = now._replace(estimated=claim)
        elif not claim.is_estimated and now.measured is None:
            now = now._replace(measured=claim)
    return now


def outcome(claim: Claim, kept: Standing) -> Outcome:
    """What has become of it, beside what is kept."""
    before = kept.own(claim) or kept.measured
    if before is None or before == claim:
        return Outcome.ACCEPTED
    is_same = abs(before.value_milli - claim.value_milli) <= ROUNDING_MILLI
    return Outcome.DUPLICATE if is_same else Outcome.CONFLICT


def heirs(claims: Sequence[Claim], stored: Standing) -> list[Claim]:
    """Those that take the place of what is gone: kept now, and not stored yet."""
    kept = standing([*claims, *(one for one in stored if one is not None)])
    return [one for one in kept if one is not None and one not in stored]
