"""Unwraps TLS and passes the bytes on, unread. Arguments: host, port, broker's port, certificate, key."""

import asyncio
import contextlib
import signal
import ssl
import sys
from pathlib import Path

from deploy.titles import call_it

_CHUNK_BYTES = 65_536
_HANDSHAKE_SECONDS = 10
_LOOK_SECONDS = 60


async def relay(host: str, port: int, broker_port: int, certificate: Path, key: Path) -> None:
    """Runs until SIGTERM. A renewed certificate serves new connections within a minute."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)

    async def connected(device: asyncio.StreamReader, answer: asyncio.StreamWriter) -> None:
        try:
            broker, send = await asyncio.open_connection("127.0.0.1", broker_port)
        except OSError:
            answer.close()  # the broker restarts; devices try again
            return
        await asyncio.gather(_pass_on(device, send), _pass_on(broker, answer))

    server = await asyncio.start_server(
        connected, host, port, ssl=context, ssl_handshake_timeout=_HANDSHAKE_SECONDS, backlog=1024
    )
    print("listening", flush=True)
    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    known = certificate.stat().st_mtime_ns
    while not stopping.is_set():
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stopping.wait(), _LOOK_SECONDS)
        with contextlib.suppress(OSError, ssl.SSLError):  # half renewed: look again later
            if (found := certificate.stat().st_mtime_ns) != known:
                context.load_cert_chain(certificate, key)
                known = found
    server.close()


async def _pass_on(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    """Until one side ends; `drain` keeps a slow reader from filling this process's memory."""
    with contextlib.suppress(OSError, ssl.SSLError):
        while chunk := await source.read(_CHUNK_BYTES):
            target.write(chunk)
            await target.drain()
    target.close()


if __name__ == "__main__":
    call_it("mqtt-tls", over_arguments=False)
    where, at, onward, chain, private = sys.argv[1:]
    asyncio.run(relay(where, int(at), int(onward), Path(chain), Path(private)))
