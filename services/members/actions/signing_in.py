"""Ways in: a single-use link for households, password and one-time code for staff, an invitation."""

import asyncio
from dataclasses import dataclass

from sqlmodel import col, select

from contracts.codes import Role
from services.kit.secrets import Secrets
from services.kit.unit import Unit
from services.members import passwords, tokens, totp
from services.members.account_model import Invitation, SignInLink, Staff
from services.members.actions.accounts import open_session
from services.members.model import Coop, Person

MOST_LINKS = 5
"""People of one address: a couple, or someone with two homes."""


@dataclass(frozen=True)
class Letter:
    """A link to send, and to whom."""

    token: str
    email: str
    name: str
    language: str
    coop: str
    coop_name: str
    is_simulated: bool


async def make_links(unit: Unit, email: str, browser: str) -> list[Letter]:
    """One link for each person of this address; none when nobody has it. `browser` is the nonce in the
    asking browser's cookie: the link works there only."""
    rows = await unit.session.execute(
        select(Person, Coop)
        .join(Coop, col(Coop.coop) == col(Person.coop))
        .where(Person.email == email.strip().lower(), col(Person.erased_at).is_(None))
        .order_by(col(Person.created_at).desc())
        .limit(MOST_LINKS)
    )
    letters = []
    for person, coop in rows.all():
        token = tokens.new_token()
        link = SignInLink(
            digest=tokens.digest(token), coop=person.coop, person=person.id,
            browser_digest=tokens.digest(browser), expires_at=unit.wall + tokens.LINK_LIFETIME,
        )  # fmt: skip
        unit.session.add(link)
        letters.append(Letter(token, email, person.name, person.language, coop.coop, coop.name, coop.sandbox))
    await unit.session.flush()
    return letters


async def use_link(unit: Unit, token: str, browser: str, old_cookie: str | None) -> str | None:
    """A session's cookie, once; None when the link is used, too old, unknown or asked from elsewhere."""
    link = await unit.session.get(SignInLink, tokens.digest(token), with_for_update=True)
    if link is None or link.used_at is not None or link.expires_at <= unit.wall:
        return None
    if not tokens.same(link.browser_digest, tokens.digest(browser)):
        return None
    person = await unit.session.get(Person, link.person)
    if person is None or person.erased_at is not None:
        return None
    link.used_at = unit.wall
    return await open_session(unit, person.id, Role.RESIDENT, person.coop, old_cookie)


async def with_password(
    unit: Unit, secrets: Secrets, email: str, password: str, code: str, old_cookie: str | None
) -> tuple[str, Role] | None:
    """A session's cookie and role; None without saying which part was wrong, nor whether the account is."""
    found = select(Staff).where(Staff.email == email.strip().lower()).with_for_update()
    staff = (await unit.session.scalars(found)).first()
    kept = staff.password_hash if staff else None
    is_right = await asyncio.to_thread(passwords.is_right, password, kept)
    if staff is None or staff.disabled_at is not None or not is_right or staff.totp_generation == 0:
        return None
    seed = totp.seed(secrets, staff.id, staff.totp_generation)
    step = totp.accepted_step(seed, code, unit.wall, staff.totp_last_step)
    if step is None:
        return None
    staff.totp_last_step = step
    cookie = await open_session(unit, staff.id, Role(staff.role), staff.coop, old_cookie)
    return cookie, Role(staff.role)


@dataclass(frozen=True)
class Opening:
    """An invitation that stands: whose account, and the second factor it will have."""

    staff: Staff
    seed: str


async def opening(unit: Unit, secrets: Secrets, token: str) -> Opening | None:
    """What the invitation opens; looking at it does not use it."""
    row = await unit.session.get(Invitation, tokens.digest(token), with_for_update=True)
    if row is None or row.used_at is not None or row.expires_at <= unit.wall:
        return None
    staff = await unit.session.get(Staff, row.staff)
    if staff is None or staff.disabled_at is not None:
        return None
    return Opening(staff, totp.seed(secrets, staff.id, staff.totp_generation + 1))


async def accept(
    unit: Unit, secrets: Secrets, token: str, password: str, code: str, old_cookie: str | None
) -> tuple[str, Role] | str:
    """Opens the account and signs in: (cookie, role); or the code of what is wrong: `gone`, `wrong_code`
    or a weakness of the password."""
    found = await opening(unit, secrets, token)
    if found is None:
        return "gone"
    weakness = passwords.weakness(password, found.staff.email)
    if weakness:
        return weakness
    step = totp.accepted_step(found.seed, code, unit.wall, None)
    if step is None:
        return "wrong_code"
    row = await unit.session.get_one(Invitation, tokens.digest(token))
    row.used_at = unit.wall
    staff = found.staff
    staff.password_hash = await asyncio.to_thread(passwords.hash_password, password)
    staff.totp_generation += 1
    staff.totp_last_step = step
    cookie = await open_session(unit, staff.id, Role(staff.role), staff.coop, old_cookie)
    return cookie, Role(staff.role)
