"""What reached whom. Published by `notifications`."""

from typing import ClassVar

from contracts.base import Event, IntentId, PersonId
from contracts.codes import Category, Channel


class Delivered(Event):
    subject: ClassVar[str] = "notifications.delivered.v1"
    intent: IntentId
    person: PersonId
    channel: Channel
    category: Category


class Failed(Event):
    subject: ClassVar[str] = "notifications.failed.v1"
    intent: IntentId
    person: PersonId
    channel: Channel
    category: Category
    reason: str
