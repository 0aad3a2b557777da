"""API tokens, staff invitations and sessions: made here, kept as digests, shown once."""

from dataclasses import dataclass

from sqlmodel import col, delete, select, update

from contracts.codes import Role
from services.kit.ids import new_id
from services.kit.principal import PLATFORM
from services.kit.problems import conflict, invalid
from services.kit.unit import Unit
from services.members import tokens
from services.members.account_model import ApiToken, Invitation, Session, Staff
from services.members.actions.common import owned
from services.members.bodies_people import StaffContactIn
from services.members.model import Person


async def issue_token(unit: Unit, role: Role, coop: str, subject: str | None = None) -> str:
    """An API token, shown once. `coop` `*` is the platform operator's; a resident's names its person."""
    if coop != PLATFORM:
        await unit.enter(coop)
    elif role is not Role.OPERATOR:
        raise invalid("/coop", "operators_only", "Only an operator works for the whole platform.")
    if role is Role.RESIDENT:
        if subject is None:
            raise invalid("/subject", "subject_missing", "A resident's token names its person (per_…).")
        await owned(unit, Person, subject)
    token = tokens.new_token(tokens.API_PREFIX)
    row = ApiToken(
        id=new_id("tok"), coop=coop, digest=tokens.digest(token), role=role, subject=subject,
        created_at=unit.wall,
    )  # fmt: skip
    unit.session.add(row)
    await unit.session.flush()
    return token


@dataclass(frozen=True)
class Invitee:
    name: str
    email: str
    role: Role
    coop: str
    team: str | None = None
    phone: str | None = None
    language: str = "fr"


async def invite(unit: Unit, invitee: Invitee) -> tuple[str, str]:
    """A staff account that its owner still has to open; returns (account id, invitation token).

    Inviting an account that was not opened yet sends a new invitation; the earlier one stops.
    """
    if invitee.role is Role.RESIDENT:
        raise invalid("/role", "not_staff", "Households sign in by a link; they need no invitation.")
    if invitee.coop != PLATFORM:
        await unit.enter(invitee.coop)
    email = invitee.email.lower()
    rows = await unit.session.scalars(select(Staff).where(Staff.email == email))
    staff = rows.first()
    if staff is not None and (staff.coop != invitee.coop or staff.password_hash is not None):
        raise conflict("account_exists", "An account with this address exists already.")
    if staff is None:
        staff = Staff(
            id=new_id("per"), coop=invitee.coop, email=email, name=invitee.name, role=invitee.role,
            language=invitee.language, created_at=unit.wall,
        )  # fmt: skip
    staff.name, staff.role, staff.team, staff.phone = invitee.name, invitee.role, invitee.team, invitee.phone
    unit.session.add(staff)
    await unit.session.flush()
    await unit.session.execute(delete(Invitation).where(col(Invitation.staff) == staff.id))
    token = tokens.new_token()
    row = Invitation(
        digest=tokens.digest(token), coop=invitee.coop, staff=staff.id,
        expires_at=unit.wall + tokens.INVITATION_LIFETIME,
    )  # fmt: skip
    unit.session.add(row)
    await unit.session.flush()
    return staff.id, token


async def open_session(unit: Unit, subject: str, role: Role, coop: str, old_cookie: str | None) -> str:
    """A new session's cookie. Any earlier session of this browser ends: its id is never carried over."""
    if old_cookie:
        await close_session(unit, old_cookie)
    cookie = tokens.new_token()
    row = Session(
        digest=tokens.digest(cookie), coop=coop, role=role, subject=subject, created_at=unit.wall,
        seen_at=unit.wall, expires_at=tokens.session_ends_at(role, unit.wall),
    )  # fmt: skip
    unit.session.add(row)
    await unit.session.flush()
    return cookie


async def close_session(unit: Unit, cookie: str) -> None:
    await unit.session.execute(delete(Session).where(col(Session.digest) == tokens.digest(cookie)))


async def sessions_of(unit: Unit, subject: str) -> list[Session]:
    """Where somebody is signed in now, latest seen first."""
    rows = await unit.session.scalars(
        select(Session).where(Session.subject == subject).order_by(col(Session.seen_at).desc())
    )
    return [row for row in rows if tokens.is_session_alive(row.role, row.seen_at, row.expires_at, unit.wall)]


async def close_sessions(unit: Unit, subject: str) -> None:
    """Sign somebody out of every browser."""
    await unit.session.execute(delete(Session).where(col(Session.subject) == subject))


async def change_staff(unit: Unit, staff: Staff, wanted: StaffContactIn) -> None:
    """An account's own name, telephone and language; its e-mail and role are others' to change."""
    staff.name, staff.phone, staff.language = wanted.name, wanted.phone, wanted.language
    await unit.session.flush()


async def disable(unit: Unit, staff_id: str) -> None:
    """Close an account: its sessions and tokens end at once."""
    staff = await owned(unit, Staff, staff_id)
    staff.disabled_at = unit.wall
    await close_sessions(unit, staff.id)
    await unit.session.execute(
        update(ApiToken).where(col(ApiToken.subject) == staff.id).values(revoked_at=unit.wall)
    )
