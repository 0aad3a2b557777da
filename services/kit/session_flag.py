"""Tells that intake's durable MQTT session exists: before that, no device may be given a credential."""

from hashlib import sha256

from nats.js import JetStreamContext
from nats.js.api import KeyValueConfig, StorageType
from nats.js.errors import BucketNotFoundError, KeyNotFoundError
from nats.js.kv import KeyValue

from services.kit import clock as clocks

BUCKET = "intake_session"


async def mark(js: JetStreamContext, client_id: str, clock: clocks.Clock = clocks.system) -> None:
    """The session of `client_id` is subscribed. Safe to repeat; the first instant stands."""
    bucket = await ensure(js)
    if not await _has(bucket, client_id):
        await bucket.put(_key(client_id), clock().isoformat().encode())


async def exists(js: JetStreamContext, client_id: str) -> bool:
    """Whether `mark` was ever called. Raises when the bus cannot be asked."""
    try:
        bucket = await js.key_value(BUCKET)
    except BucketNotFoundError:
        return False
    return await _has(bucket, client_id)


async def ensure(js: JetStreamContext) -> KeyValue:
    """The bucket, made if it is missing."""
    try:
        return await js.key_value(BUCKET)
    except BucketNotFoundError:
        return await js.create_key_value(
            KeyValueConfig(
                bucket=BUCKET,
                description="intake's durable MQTT session, by hash of its client id",
                storage=StorageType.FILE,
            )
        )


async def _has(bucket: KeyValue, client_id: str) -> bool:
    try:
        await bucket.get(_key(client_id))
    except KeyNotFoundError:
        return False
    return True


def _key(client_id: str) -> str:
    """The client id is a secret: only a hash of it is stored."""
    return sha256(client_id.encode()).hexdigest()[:16]
