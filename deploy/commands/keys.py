"""API tokens of a running instance, for commands that act as its people: what signing in would give them."""

import asyncio
from pathlib import Path
from types import TracebackType
from typing import Self

from contracts.codes import Role
from services.kit import clock
from services.kit import secrets as kit_secrets
from services.kit.database import Database
from services.kit.settings import Settings
from services.kit.unit import work_unit
from services.members import demo
from services.members.actions import accounts


class Keys:
    """Issues tokens straight in the members room's tables. Use as a context manager, in one thread."""

    def __init__(self, settings: Settings) -> None:
        assert settings.database_url
        self._settings = settings
        self._runner = asyncio.Runner()
        self._database: Database | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._database is not None:
            self._runner.run(self._database.close())
        self._runner.close()

    def token(self, role: Role, coop: str, subject: str | None = None) -> str:
        """A token of that role in that cooperative; a resident's names its person."""
        return self._runner.run(self._issue(role, coop, subject))

    def account(self, role: Role, coop: str, name: str, mailbox: str | None = None) -> str:
        """A simulated account of the cooperative's people; its invitation is thrown away unread.

        `mailbox`: the local part of its address, where a role has several people.
        """
        return self._runner.run(self._invite(role, coop, name, mailbox or role.value))

    def login_path(self, role: Role, coop: str, subject: str) -> str:
        """One click signs in as that person of a sandbox."""
        return demo.login_path(kit_secrets.load(self._settings), role, coop, subject)

    def place_of(self, meter: str) -> tuple[str, str] | None:
        """The cooperative whose meter this is, and the zone of its civil days."""
        return self._runner.run(self._place_of(meter))

    async def _issue(self, role: Role, coop: str, subject: str | None) -> str:
        async with work_unit(self._members(), "members", clock.system) as unit:
            return await accounts.issue_token(unit, role, coop, subject)

    async def _invite(self, role: Role, coop: str, name: str, mailbox: str) -> str:
        invitee = accounts.Invitee(name, f"{mailbox}@{coop}.invalid", role, coop)
        async with work_unit(self._members(), "members", clock.system) as unit:
            account, _ = await accounts.invite(unit, invitee)
            return account

    async def _place_of(self, meter: str) -> tuple[str, str] | None:
        from sqlalchemy import text

        async with self._members().transaction() as session:
            found = await session.execute(
                text("SELECT coop, zone FROM members.meter WHERE id = :id"), {"id": meter}
            )
            row = found.one_or_none()
            return (row[0], row[1]) if row else None

    def _members(self) -> Database:
        if self._database is None:
            assert self._settings.database_url
            self._database = Database(
                self._settings.database_url, kit_secrets.load(self._settings), "members_work"
            )
        return self._database


def private_folder(data_dir: Path) -> Path:
    """Where simulated devices' passwords and truths are kept, readable by the owner only."""
    folder = data_dir / "simulated"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder
