"""The e-mail worker: claim, hand over, record. Any number of workers; a crash loses nothing.

The state `sending` and the Message-ID are committed before the hand-over. If the worker dies between
the server's acceptance and the record, the repeat carries the same Message-ID and is counted uncertain:
exactly once is impossible with SMTP, lost is not allowed, twice is bounded and visible.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.errors import MessageError
from email.message import EmailMessage

from prometheus_client import Counter
from sqlmodel import col, select

from contracts.codes import Category, Channel
from services.kit import mail
from services.kit.addresses import public_url
from services.kit.finishing import finish
from services.kit.ids import new_id
from services.kit.registry import Staff
from services.kit.room import Room
from services.kit.unit import Unit
from services.notifications import actions, registry, unsubscribing
from services.notifications.channels import wants
from services.notifications.compose import compose, message_id
from services.notifications.letters import Reader, write
from services.notifications.model import Delivery, IntentRow
from services.notifications.retries import LEASE_SECONDS, next_try

_LOG = logging.getLogger(__name__)
IDLE_SECONDS = 0.5
TOGETHER = frozenset({"ticket_opened", "staff_danger", "deadline_near"})
"""Kinds of messages of which several that wait for the same person leave in one e-mail."""

UNCERTAIN = Counter("palier_mail_uncertain_total", "E-mails handed over again without knowing the first end")
HANDED_OVER = Counter("palier_mail_total", "E-mails by result", ["result"])


@dataclass(frozen=True)
class Claimed:
    """One message to hand over: its deliveries all go with it."""

    deliveries: tuple[str, ...]
    message: EmailMessage
    is_sandbox: bool


async def deliver(room: Room) -> None:
    """Work until the room stops. Raises when database or disk fail; the room starts it again."""
    while not room.stopping.is_set():
        if not await finish(step(room)):  # a letter in hand is recorded before the room stops
            await asyncio.sleep(IDLE_SECONDS)


async def step(room: Room) -> bool:
    """Handle one message; False when none is due."""
    async with room.unit() as unit:
        due = await _due(unit)
        claimed = await _claim(unit, due, room) if due else None
    if not due:
        return False
    if claimed is not None:
        failure = await _hand_over(room, claimed)
        async with room.unit() as unit:
            await _record(unit, claimed, failure)
    return True


async def _due(unit: Unit) -> list[Delivery]:
    """The next message's deliveries, locked: a repeat takes exactly those of its first hand-over, a new
    message all of its kind that wait for the same person."""
    first = (
        await unit.session.scalars(
            select(Delivery)
            .where(
                Delivery.channel == Channel.EMAIL.value,
                col(Delivery.state).in_(("pending", "sending")),
                Delivery.not_before <= unit.wall,
            )
            .order_by(col(Delivery.not_before))
            .limit(1)
            .with_for_update(skip_locked=True)
        )
    ).first()
    if first is None:
        return []
    query = select(Delivery).where(
        Delivery.channel == Channel.EMAIL.value, col(Delivery.state).in_(("pending", "sending"))
    )
    if first.message_id:
        query = query.where(Delivery.message_id == first.message_id)
    else:
        intent = (await unit.session.scalars(select(IntentRow).where(IntentRow.id == first.intent))).one()
        if intent.template not in TOGETHER:
            return [first]
        twins = select(IntentRow.id).where(
            IntentRow.person == intent.person, IntentRow.template == intent.template
        )
        if intent.template == "deadline_near":  # of one morning, or what could not wait for it
            morning = col(IntentRow.facts)["digest_at"].astext
            twins = twins.where(morning.is_not_distinct_from(intent.facts.get("digest_at")))
        else:  # what may be switched off never takes the rest with it
            twins = twins.where(IntentRow.category == intent.category)
        query = query.where(col(Delivery.message_id).is_(None), col(Delivery.intent).in_(twins))
    rows = (
        await unit.session.scalars(query.order_by(col(Delivery.id)).with_for_update(skip_locked=True))
    ).all()
    return list(rows)


async def _claim(unit: Unit, due: list[Delivery], room: Room) -> Claimed | None:
    """Mark as `sending` before anything leaves; None when nothing is to be sent after all."""
    intents = await _intents(unit, due)
    person, category = intents[0].person, Category(intents[0].category)
    contact = await registry.reader(unit, person, intents[0].coop)
    chosen = await actions.preferences(unit, person)
    wanted = any(wants(Category(intent.category), Channel.EMAIL, chosen) for intent in intents)
    if contact is None or not contact.email or not wanted:
        for delivery in due:
            delivery.state, delivery.reason, delivery.settled_at = "cancelled", "not_wanted", unit.wall
        return None
    base_url = public_url(room.settings)
    fixed = due[0].message_id or message_id(new_id("msg"), base_url)
    for delivery in due:
        if delivery.state == "sending":
            delivery.is_uncertain = True
            UNCERTAIN.inc()
        delivery.state = "sending"
        delivery.message_id = fixed
        delivery.attempts += 1
        delivery.not_before = unit.wall + timedelta(seconds=LEASE_SECONDS)
    coop = await registry.coop(unit, intents[0].coop)
    reader = Reader(
        contact.name, contact.language, coop.zone, coop.name, await named_contact(unit, intents[0])
    )
    token = unsubscribing.token(room.secrets.derive_bytes("notifications/unsubscribe"), coop.slug, person)
    try:
        message = compose(
            write(
                intents[0].template,
                intents[0].about,
                [intent.facts for intent in intents],
                reader,
                intents[-1].created_at,
                base_url,
            ),
            category=category,
            language=contact.language,
            coop=coop.name,
            to=contact.email,
            fixed_message_id=fixed,
            at=unit.now,
            public_url=base_url,
            unsubscribe_url=f"{base_url.rstrip('/')}/api/v1/unsubscribe/{token}",
        )
    except Exception as error:  # whatever is wrong with one letter, the others leave
        _LOG.error("a letter cannot be written", exc_info=True, extra={"template": intents[0].template})
        _conclude(unit, due, intents, mail.TemporaryFailure(f"unwritable_{type(error).__name__}"))
        return None
    if coop.is_sandbox:
        message[mail.SANDBOX_HEADER] = coop.slug
    return Claimed(tuple(delivery.id for delivery in due), message, coop.is_sandbox)


async def named_contact(unit: Unit, intent: IntentRow) -> Staff | None:
    """A person of the ticket's team if there is one, else anybody whom the household may call."""
    staff = await registry.staff(unit, intent.coop, intent.facts.get("team"))
    return staff[0] if staff else None


async def _hand_over(room: Room, claimed: Claimed) -> Exception | None:
    """What is simulated stays in the embedded mailbox, whatever mail server is configured."""
    try:
        if claimed.is_sandbox or not room.settings.smtp_url:
            await mail.keep(room.settings.data_dir, claimed.message)
        else:
            await mail.send(room.settings.smtp_url, claimed.message)
    except (mail.TemporaryFailure, mail.PermanentFailure) as error:
        return error
    except (ValueError, MessageError) as error:  # a header or an address that no server can be given
        return mail.TemporaryFailure(f"unwritable_{type(error).__name__}")
    return None


async def _record(unit: Unit, claimed: Claimed, failure: Exception | None) -> None:
    rows = (
        await unit.session.scalars(
            select(Delivery)
            .where(col(Delivery.id).in_(claimed.deliveries))
            .where(Delivery.state == "sending")  # else who took over the lease has ended it already
            .with_for_update()
        )
    ).all()
    _conclude(unit, rows, await _intents(unit, rows), failure)


def _conclude(
    unit: Unit, deliveries: Sequence[Delivery], intents: Sequence[IntentRow], failure: Exception | None
) -> None:
    by_id = {intent.id: intent for intent in intents}
    for delivery in deliveries:
        _settle(unit, delivery, by_id[delivery.intent], failure)
    HANDED_OVER.labels("delivered" if failure is None else type(failure).__name__).inc()
    if failure is not None:
        told = {"reason": str(failure), "deliveries": len(deliveries)}
        _LOG.warning("mail not taken", extra=told)


def _settle(unit: Unit, delivery: Delivery, intent: IntentRow, failure: Exception | None) -> None:
    if failure is None:
        actions.settle_delivered(unit, delivery, intent)
        return
    again = _again(delivery, failure, unit.wall)
    if again is None:
        actions.settle_failed(unit, delivery, intent, str(failure))
    else:
        delivery.state, delivery.reason, delivery.not_before = "pending", str(failure), again


def _again(delivery: Delivery, failure: Exception, now: datetime) -> datetime | None:
    return None if isinstance(failure, mail.PermanentFailure) else next_try(delivery.attempts, now)


async def _intents(unit: Unit, deliveries: Sequence[Delivery]) -> list[IntentRow]:
    ids = [delivery.intent for delivery in deliveries]
    found = await unit.session.scalars(
        select(IntentRow).where(col(IntentRow.id).in_(ids)).order_by(col(IntentRow.id))
    )
    return list(found.all())
