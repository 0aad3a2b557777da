"""Many messages to JetStream at once: all are written, then all acknowledgements are awaited.

A request of its own for each message, with its own timer, would cost several times as much.
"""

import asyncio
import json
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import TimeoutError as NoAnswer
from nats.js.errors import APIError, NoStreamResponseError

TIMEOUT_SECONDS = 10.0


class Sent(NamedTuple):
    """One message."""

    subject: str
    body: bytes
    headers: Mapping[str, str]


class Sending:
    """A client's messages to JetStream. Used by one task at a time."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._inbox: str | None = None
        self._waiting: dict[str, asyncio.Future[None]] = {}
        self._number = 0

    async def send(self, messages: Sequence[Sent]) -> list[Exception | None]:
        """Returns once all are durable or refused: for each message None, or why it was not taken."""
        if self._inbox is None:
            self._inbox = self._client.new_inbox()
            await self._client.subscribe(f"{self._inbox}.*", cb=self._heard)
        loop = asyncio.get_running_loop()
        answers: list[asyncio.Future[None]] = []
        for message in messages:
            self._number += 1
            answer: asyncio.Future[None] = loop.create_future()
            reply = f"{self._inbox}.{self._number}"
            self._waiting[reply] = answer
            answers.append(answer)
            try:
                await self._client.publish(
                    message.subject, message.body, reply=reply, headers=dict(message.headers)
                )
            except Exception as error:
                answer.set_exception(error)
        if answers:
            await asyncio.wait(answers, timeout=TIMEOUT_SECONDS)
        self._waiting.clear()
        return [_outcome(answer) for answer in answers]

    async def _heard(self, message: Msg) -> None:
        answer = self._waiting.pop(message.subject, None)
        if answer is None or answer.done():
            return
        if not message.data and (message.headers or {}).get("Status") == "503":
            refusal: Exception | None = NoStreamResponseError()
        else:
            refusal = _refusal(message.data)
        if refusal is None:
            answer.set_result(None)
        else:
            answer.set_exception(refusal)


def _refusal(answer: bytes) -> Exception | None:
    if b'"error"' not in answer:
        return None
    try:
        APIError.from_error(json.loads(answer)["error"])  # raises what it makes
    except APIError as error:
        return error
    return None


def _outcome(answer: asyncio.Future[None]) -> Exception | None:
    if not answer.done():
        answer.cancel()
        return NoAnswer()
    error = answer.exception()
    assert error is None or isinstance(error, Exception)
    return error
