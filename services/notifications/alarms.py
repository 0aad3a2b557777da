"""What the cooperative's people are told, and how: a danger at once and by mail at any hour; what can wait,
in one line an hour in the application and in one mail a day.

Nobody's preference leaves a danger with nobody: see `channels.to_mail`.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from prometheus_client import Counter
from sqlalchemy import text
from sqlmodel import col, select

from contracts.aftersales import DeadlineNear
from contracts.codes import Category, Channel, Role
from services.kit.unit import Unit
from services.notifications import actions, registry
from services.notifications.channels import Planned, Preferences, to_mail, wants
from services.notifications.intents import Intent
from services.notifications.model import IntentRow, Preference
from services.notifications.retries import DIGEST_SECONDS, PRESSING_TOGETHER_SECONDS
from services.notifications.staff_intents import CATEGORY_OF_CLOCK, alarm_of

_LOG = logging.getLogger(__name__)
NOBODY = Counter("palier_danger_unmailed_total", "Dangers that no member of staff could be mailed")
TEMPLATE = "deadline_near"


async def at_once(
    unit: Unit,
    coop: str,
    concerned: Sequence[str],
    make: Callable[[Iterable[str]], list[Intent]],
    *,
    waits: bool = True,
) -> None:
    """Tell those concerned in the application, and whoever is to be mailed by mail too, day and night.
    `waits`: the mail may wait some seconds for more of its kind."""
    mailed = await whom_to_mail(unit, coop, concerned)
    if not mailed:
        NOBODY.inc()
        _LOG.error("a danger cannot be mailed to anybody of the cooperative", extra={"cooperative": coop})
    for intent in make(sorted({*concerned, *mailed})):
        planned = [Planned(Channel.IN_APP, "delivered")]
        if intent.person in mailed:
            planned.append(Planned(Channel.EMAIL, "pending"))
        wait = timedelta(seconds=PRESSING_TOGETHER_SECONDS if waits else 0)
        await actions.tell_planned(unit, coop, intent, planned, unit.wall + wait)


async def whom_to_mail(unit: Unit, coop: str, concerned: Sequence[str]) -> list[str]:
    """Opaque ids; empty where the cooperative has nobody to reach."""
    reachable = await reachable_of(unit, coop)
    return to_mail(concerned, reachable, await refusing(unit, reachable))


async def reachable_of(unit: Unit, coop: str) -> list[str]:
    """Who has an address: staff, or caretakers where there is no other."""
    known = await registry.staff_contacts(unit, coop)
    people = [one for one in await registry.staff(unit, coop) if one.id in known]
    return sorted(one.id for one in people if one.role == "staff") or sorted(one.id for one in people)


async def refusing(unit: Unit, people: Sequence[str]) -> set[str]:
    """Who of them does not want to be mailed about dangers."""

    async def ask() -> set[str]:
        found = await unit.session.scalars(
            select(Preference.person).where(
                col(Preference.person).in_(people),
                Preference.category == Category.SAFETY.value,
                Preference.channel == Channel.EMAIL.value,
                col(Preference.is_on).is_(False),
            )
        )
        return set(found)

    return await unit.once(("refusing", *people), ask)


def is_theirs_to_leave(category: Category, channel: Channel, role: Role) -> bool:
    """Whether the cooperative's people may leave this to each other: the mail about dangers, no more."""
    return category is Category.SAFETY and channel is Channel.EMAIL and role in (Role.STAFF, Role.CARETAKER)


def is_on(category: Category, channel: Channel, chosen: Preferences, role: Role) -> bool:
    """Whether a person of that role hears of the category by the channel."""
    if is_theirs_to_leave(category, channel, role):
        return chosen.get((category, channel), True)
    return wants(category, channel, chosen)


async def is_last(unit: Unit, coop: str, person: str) -> bool:
    """Whether nobody else of the cooperative would be mailed about dangers."""
    others = [one for one in await reachable_of(unit, coop) if one != person]
    return not set(others) - await refusing(unit, others)


async def gather(unit: Unit, event: DeadlineNear, people: Sequence[str]) -> None:
    """Add the threshold to each person's line of the hour; the first of an hour makes it."""
    assert event.digest_at is not None
    await unit.session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended('alarms ' || :coop, 0))"), {"coop": event.coop}
    )
    contacts = await registry.staff_contacts(unit, event.coop)
    hour = unit.happened_at.replace(minute=0, second=0, microsecond=0)
    category = CATEGORY_OF_CLOCK[event.clock]
    key = f"deadlines:{event.coop}:{category.value}:{hour.isoformat()}:{event.digest_at.isoformat()}"
    alarm = alarm_of(event)
    facts = {**alarm, "alarms": [alarm], "digest_at": event.digest_at.isoformat()}
    for person in people:
        one = Intent(person, category, TEMPLATE, f"{key}:{person}", event.ticket, facts)
        known = (
            await unit.session.scalars(
                select(IntentRow).where(IntentRow.dedup_key == one.dedup_key).with_for_update()
            )
        ).first()
        if known is not None:
            known.facts = {**known.facts, "alarms": added(known.facts["alarms"], alarm)}
            known.read_at = None
            unit.session.add(known)
            await unit.session.flush()
            continue
        chosen = await actions.preferences(unit, person)
        planned = _planned(category, chosen, has_mail=person in contacts)
        leaves_at = await _leaves_at(unit, event.coop, event.digest_at)
        await actions.tell_planned(unit, event.coop, one, planned, leaves_at)


def added(alarms: Sequence[dict[str, Any]], new: dict[str, Any]) -> list[dict[str, Any]]:
    """The list with `new`; of one promise only its latest threshold stays."""
    others = [one for one in alarms if (one["ticket"], one["kind"]) != (new["ticket"], new["kind"])]
    return [*others, new]


def _planned(category: Category, chosen: Preferences, *, has_mail: bool) -> list[Planned]:
    planned = []
    if wants(category, Channel.IN_APP, chosen):
        planned.append(Planned(Channel.IN_APP, "delivered"))
    if has_mail and wants(category, Channel.EMAIL, chosen):
        planned.append(Planned(Channel.EMAIL, "pending"))
    return planned


async def _leaves_at(unit: Unit, coop: str, digest_at: datetime) -> datetime:
    """On the wall's clock. A sandbox's days may pass within seconds: its mail leaves soon."""
    if (await registry.coop(unit, coop)).is_sandbox:
        return unit.wall + timedelta(seconds=DIGEST_SECONDS)
    return max(digest_at, unit.wall)
