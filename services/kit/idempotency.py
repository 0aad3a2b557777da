"""`Idempotency-Key`: a repeated POST gets the first answer, recorded in the action's own transaction.

The answer may hold a secret (a meter's password): it is sealed with a key made from the caller's
idempotency key, which is not stored, so that only who holds the key can read it again.
"""

import hashlib
import hmac
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from nacl.secret import SecretBox
from sqlalchemy import text

from services.kit.i18n import mark as _
from services.kit.problems import unfit_for
from services.kit.unit import Unit

_HEADER = "/Idempotency-Key"
Handle = Callable[[Request], Coroutine[Any, Any, Response]]


async def once(request: Request, unit: Unit, caller: str, key: str, call: Handle) -> Response:
    """Run `call` once for this caller, route and key; later the same answer, for a day."""
    if not 8 <= len(key) <= 200:
        raise unfit_for("invalid_idempotency_key", _HEADER, _("An Idempotency-Key has 8 to 200 characters."))
    secret = request.app.state.secrets.derive_bytes("web/idempotency")
    name = hmac.new(secret, f"{caller} {request.url.path} {key}".encode(), hashlib.sha256).hexdigest()
    box = SecretBox(hmac.new(secret, f"seal {caller} {key}".encode(), hashlib.sha256).digest())
    # Of a file, taken to the disk already, the digest is known.
    fingerprint = getattr(request.state, "body_digest", None)
    if fingerprint is None:
        fingerprint = hashlib.sha256(await request.body()).hexdigest()
    # A concurrent twin waits here, on the unique key, until the first has committed or failed.
    claimed = await unit.ask(
        f"INSERT INTO {unit.room}.idempotency (key, fingerprint) VALUES (%(key)s, %(fingerprint)s)"  # noqa: S608
        " ON CONFLICT DO NOTHING RETURNING 1 AS claimed",
        {"key": name, "fingerprint": fingerprint},
    )
    if not claimed:
        return await _replay(unit, name, fingerprint, box)
    response = await call(request)
    if response.status_code < 400:
        await unit.ask(
            f"UPDATE {unit.room}.idempotency SET status = %(status)s, sealed = %(sealed)s"  # noqa: S608
            " WHERE key = %(key)s",
            {"key": name, "status": response.status_code, "sealed": box.encrypt(bytes(response.body))},
        )
    return response


async def _replay(unit: Unit, name: str, fingerprint: str, box: SecretBox) -> Response:
    row = (
        await unit.session.execute(
            text(f"SELECT fingerprint, status, sealed FROM {unit.room}.idempotency WHERE key = :key"),  # noqa: S608
            {"key": name},
        )
    ).one()
    if row.fingerprint != fingerprint:
        raise unfit_for(
            "idempotency_key_reused",
            _HEADER,
            _("This Idempotency-Key was used for another request; make a new one."),
        )
    return Response(
        box.decrypt(bytes(row.sealed)),
        status_code=row.status,
        media_type="application/json",
        headers={"Idempotent-Replay": "true"},
    )
