"""The second factor of staff and operators: six digits that change every 30 s (RFC 6238), used once."""

from base64 import b32encode
from datetime import datetime

import pyotp

from services.kit.secrets import Secrets

STEP_SECONDS = 30
_DRIFT_STEPS = 1


def seed(secrets: Secrets, staff: str, generation: int) -> str:
    """The account's seed in base 32. Derived, not kept: the database has nothing to steal."""
    return b32encode(secrets.derive_bytes(f"members/totp/{staff}/{generation}")[:20]).decode()


def address(seed_text: str, email: str, issuer: str) -> str:
    """The `otpauth://` address that an authenticator reads."""
    return pyotp.TOTP(seed_text).provisioning_uri(name=email, issuer_name=issuer)


def accepted_step(seed_text: str, code: str, at: datetime, last_step: int | None) -> int | None:
    """The time step whose code this is, or None. Keep it: no step up to the last one is accepted again.

    One step early or late is allowed for clocks that drift.
    """
    now = int(at.timestamp()) // STEP_SECONDS
    digits = code.replace(" ", "")
    found = None
    for step in range(now - _DRIFT_STEPS, now + _DRIFT_STEPS + 1):
        is_code = pyotp.utils.strings_equal(pyotp.TOTP(seed_text).generate_otp(step), digits)
        if is_code and (last_step is None or step > last_step):
            found = step
    return found
