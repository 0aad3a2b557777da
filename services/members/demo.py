"""One-click logins of a demonstration: for sandbox cooperatives only, where everyone is simulated."""

import hashlib
import hmac

from contracts.codes import Role
from services.kit.secrets import Secrets
from services.kit.unit import Unit
from services.members.actions.accounts import open_session
from services.members.model import Coop


def login_path(secrets: Secrets, role: Role, coop: str, subject: str) -> str:
    """Where a browser goes to become `subject` (`per_…`) of a sandbox, for as long as that is there."""
    return f"/demo/sign-in/{role.value}/{coop}/{subject}/{_seal(secrets, role, coop, subject)}"


async def enter_sandbox(
    unit: Unit, secrets: Secrets, role: Role, coop: str, subject: str, seal: str, old_cookie: str | None
) -> str | None:
    """A session's cookie; None for a wrong seal and for every cooperative that is not a sandbox."""
    if not hmac.compare_digest(seal.encode(), _seal(secrets, role, coop, subject).encode()):
        return None
    row = await unit.session.get(Coop, coop)
    if row is None or not row.sandbox:
        return None
    return await open_session(unit, subject, role, coop, old_cookie)


def _seal(secrets: Secrets, role: Role, coop: str, subject: str) -> str:
    key = secrets.derive_bytes("members/demo-login")
    return hmac.new(key, f"{role.value} {coop} {subject}".encode(), hashlib.sha256).hexdigest()
