"""How the cooperative is reached by anybody: what it publishes of itself, where no account is behind."""

from dataclasses import dataclass
from typing import Any

from sqlmodel import col, select

from services.aftersales.model import WHOLE_COOP, Setting
from services.kit.unit import Unit

NAME = "public_contact"
"""The setting's name."""


@dataclass(frozen=True)
class Contact:
    """What staff wrote for everybody to read; nothing of it is taken from a person's own details."""

    name: str | None = None
    phone: str | None = None
    email: str | None = None
    hours: str | None = None
    address: str | None = None
    """By post, in one line: also the sender's on letters to firms."""


def head_of(contact: Contact | None) -> list[str]:
    """The lines below the cooperative's name at the head of its letters."""
    return [line for line in (contact.address, contact.phone, contact.email) if line] if contact else []


async def contact_of(unit: Unit, coop: str) -> Contact | None:
    """What that cooperative publishes; None when it publishes nothing, or there is no such cooperative. The
    unit must see that cooperative."""
    found = await unit.session.execute(
        select(col(Setting.value)).where(
            col(Setting.coop) == coop, col(Setting.building) == WHOLE_COOP, col(Setting.name) == NAME
        )
    )
    own: dict[str, Any] | None = found.scalar_one_or_none()
    return Contact(**own) if own else None
