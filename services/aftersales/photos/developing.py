"""Has pictures made harmless by processes of their own, few at a time, each within its time."""

import asyncio
import json
import sys
from pathlib import Path
from weakref import WeakKeyDictionary

from services.aftersales.photos.decoder import MOST_BYTES, Harmless, Refused, kind_of
from services.aftersales.photos.fair_turns import FairTurns

AT_ONCE = 2
"""Pictures decoded at the same time by one process of the web."""
MOST_SECONDS = 30.0
_DECODER = Path(__file__).with_name("decoder.py")
_turns: WeakKeyDictionary[asyncio.AbstractEventLoop, FairTurns] = WeakKeyDictionary()


async def developed(raw: bytes, sender: str = "") -> Harmless:
    """The picture written anew. Raises Refused for what is no photo, is too large, or ends its reader.

    `sender`: whoever brought it; senders take turns, so that one with many pictures keeps nobody waiting.
    """
    kind_of(raw)  # most mistakes are told without a process
    turns = _turns.setdefault(asyncio.get_running_loop(), FairTurns(AT_ONCE))
    async with turns.of(sender):
        return _understood(await _answer(raw))


async def _answer(raw: bytes) -> bytes:
    reader = await asyncio.create_subprocess_exec(
        sys.executable, "-I", str(_DECODER),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
        env={"OMP_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2"}, limit=2 * MOST_BYTES,
    )  # fmt: skip
    try:
        answer, _ = await asyncio.wait_for(reader.communicate(raw), MOST_SECONDS)
    except TimeoutError:
        raise Refused("too_large") from None
    finally:
        if reader.returncode is None:
            reader.kill()
            await reader.wait()
    return answer


def _understood(answer: bytes) -> Harmless:
    line, _, files = answer.partition(b"\n")
    if not line:
        raise Refused("unreadable")
    head = json.loads(line)
    if "refused" in head:
        raise Refused(head["refused"])
    return Harmless(files[: head["full"]], files[head["full"] :], head["width"], head["height"])
