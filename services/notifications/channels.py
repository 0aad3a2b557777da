"""By which channels a person hears of something: their preferences, and how they can be reached."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from contracts.codes import Category, Channel
from services.notifications.intents import MANDATORY

NO_CHANNEL = "no_channel"
"""The person could only be reached by a channel that this installation does not have."""


@dataclass(frozen=True)
class Reach:
    """How a person can be reached. Staff hear in the application, and by mail of what `alarms` says."""

    has_email: bool = False
    has_mobile: bool = False
    has_postal: bool = False
    is_staff: bool = False


@dataclass(frozen=True)
class Planned:
    """One delivery and the state it starts in: delivered (in-app is there at once), pending, staff_task
    (a letter that a person prints and posts) or failed with its reason."""

    channel: Channel
    state: str
    reason: str | None = None


Preferences = Mapping[tuple[Category, Channel], bool]
"""What a person chose; what is absent is on."""


def plan(category: Category, reach: Reach, preferences: Preferences) -> list[Planned]:
    """In the application and by e-mail; without e-mail, what matters goes by letter rather than nowhere."""
    planned = []
    if wants(category, Channel.IN_APP, preferences):
        planned.append(Planned(Channel.IN_APP, "delivered"))
    if reach.is_staff:
        return planned
    if reach.has_email:
        if wants(category, Channel.EMAIL, preferences):
            planned.append(Planned(Channel.EMAIL, "pending"))
        return planned
    if category == Category.TIPS:
        return planned
    if reach.has_mobile:
        planned.append(Planned(Channel.SMS, "failed", NO_CHANNEL))
    if reach.has_postal:
        planned.append(Planned(Channel.POST, "staff_task"))
    return planned


def to_mail(concerned: Sequence[str], reachable: Sequence[str], refusing: Collection[str]) -> list[str]:
    """Whom a danger is mailed to: of those it concerns, who did not switch that off; if there is none,
    anybody else who did not; if there is none either, everybody who can be reached. Nobody's choice leaves a
    danger with nobody. All are opaque ids; empty only where the cooperative has nobody to reach."""
    willing = [person for person in reachable if person not in refusing]
    return [person for person in willing if person in concerned] or willing or list(reachable)


def wants(category: Category, channel: Channel, preferences: Preferences) -> bool:
    """Tips off never turns tickets off; safety, legal and account cannot be switched off."""
    return category in MANDATORY or preferences.get((category, channel), True)
