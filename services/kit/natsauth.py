"""Who may use the bus: the rooms' own users, and the signed answers that let devices in (NATS auth callout).

How the `members` room answers: with its ordinary connection (user `members`, account `PALIER`) it
subscribes to `AUTH_SUBJECT`, in a queue group so that several may run. Each message's data goes through
`decode_request`, and the bytes of `allow` or `deny` are the reply (`await message.respond(...)`). No answer
within the server's `authorization.timeout` (5 s) is a refusal. An MQTT device's request
shows `user`, `password` and `client_id`.

How it disconnects a revoked device: with a second connection as `SYSTEM_USER` (account `SYS`) it requests
`CONNECTIONS_SUBJECT` with `connections_query(user)`, reads `server.id` and `data.connections[].cid` from the
answers (one a server), and requests `kick_subject(server_id)` with `{"cid": cid}`.
"""

import json
import time
from base64 import b32encode, urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import nkeys

from services.kit.secrets import Secrets

ROOM_USERS = (
    "members", "intake", "metering", "advice", "aftersales", "notifications", "timekeeper", "portal", "admin",
)  # fmt: skip
"""NATS users with a password of their own, see `room_password`; everyone else meets the callout."""
SYSTEM_USER = "sys"
ACCOUNT = "PALIER"
AUTH_SUBJECT = "$SYS.REQ.USER.AUTH"
CONNECTIONS_SUBJECT = f"$SYS.REQ.ACCOUNT.{ACCOUNT}.CONNZ"


def room_password(secrets: Secrets, user: str) -> str:
    return secrets.derive(f"nats/{user}")


def intake_client_id(secrets: Secrets) -> str:
    """The MQTT client id of intake's persistent session. Secret: who connects with it takes its readings."""
    return "intake" + "".join(char for char in secrets.derive("mqtt/intake-client-id") if char.isalnum())


def issuer(secrets: Secrets) -> nkeys.KeyPair:
    """The account key that signs answers; the server is configured with its public half."""
    return nkeys.from_seed(
        nkeys.encode_seed(secrets.derive_bytes("nats/auth-callout"), nkeys.PREFIX_BYTE_ACCOUNT)
    )


@dataclass(frozen=True)
class AuthRequest:
    """Someone who wants to connect. `user_nkey` and `server_id` go back into the answer."""

    user_nkey: str
    server_id: str
    user: str
    password: str = field(repr=False)
    client_id: str
    """The MQTT client id; empty for a plain NATS connection."""
    is_mqtt: bool
    host: str


def decode_request(data: bytes) -> AuthRequest:
    """Reads the server's request. Only the server reaches this subject: the signature is not checked.

    Raises ValueError for anything else.
    """
    claims = decode_claims(data)["nats"]
    client, options = claims["client_info"], claims["connect_opts"]
    return AuthRequest(
        user_nkey=claims["user_nkey"],
        server_id=claims["server_id"]["id"],
        user=options.get("user", ""),
        password=options.get("pass", ""),
        client_id=client.get("mqtt_id", ""),
        is_mqtt=client.get("type") == "mqtt",
        host=client.get("host", ""),
    )


def allow(
    request: AuthRequest, key: nkeys.KeyPair, publish: Sequence[str], subscribe: Sequence[str]
) -> bytes:
    """Lets the device in with these NATS subjects (`meters.c.mtr_1.>`), over MQTT only.

    The server's own subjects for QoS 1 delivery are added. A plain NATS connection is refused whatever its
    password: the server does not enforce a connection type that a callout names (nats-server 2.15.1).
    """
    if not request.is_mqtt:
        return deny(request, key, "devices connect by MQTT")
    now = int(time.time())
    user = {
        "type": "user",
        "version": 2,
        "subs": -1,
        "data": -1,
        "payload": -1,
        "pub": {"allow": list(publish), "deny": []} if publish else {"deny": [">"]},
        "sub": {"allow": [*subscribe, "$MQTT.sub.>"]},
        "allowed_connection_types": ["MQTT"],
    }
    token = _sign(
        {"aud": ACCOUNT, "sub": request.user_nkey, "name": request.user, "iat": now, "nats": user}, key
    )
    return _respond(request, key, jwt=token.decode())


def deny(request: AuthRequest, key: nkeys.KeyPair, reason: str) -> bytes:
    """Refuses; `reason` goes to the server's log only, never to the device."""
    return _respond(request, key, error=reason)


def connections_query(user: str) -> bytes:
    return json.dumps({"auth": True, "user": user, "limit": 1024}).encode()


def kick_subject(server_id: str) -> str:
    return f"$SYS.REQ.SERVER.{server_id}.KICK"


def decode_claims(token: bytes) -> dict[str, Any]:
    """The claims of a JWT, unverified."""
    try:
        body = token.split(b".")[1]
        claims: dict[str, Any] = json.loads(urlsafe_b64decode(body + b"=" * (-len(body) % 4)))
    except (IndexError, ValueError) as error:
        raise ValueError("not a JWT") from error
    return claims


def _respond(request: AuthRequest, key: nkeys.KeyPair, jwt: str = "", error: str = "") -> bytes:
    answer = {"type": "authorization_response", "version": 2} | ({"jwt": jwt} if jwt else {"error": error})
    claims = {"aud": request.server_id, "sub": request.user_nkey, "iat": int(time.time()), "nats": answer}
    return _sign(claims, key)


def _sign(claims: dict[str, Any], key: nkeys.KeyPair) -> bytes:
    claims = claims | {"iss": key.public_key.decode()}
    claims["jti"] = b32encode(sha256(json.dumps(claims).encode()).digest()).decode().rstrip("=")
    parts = ({"typ": "JWT", "alg": "ed25519-nkey"}, claims)
    text = b".".join(urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in parts)
    return text + b"." + urlsafe_b64encode(key.sign(text)).rstrip(b"=")
