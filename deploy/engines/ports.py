"""Free loopback ports, remembered in the data folder so that an engine keeps its address over restarts."""

import contextlib
import json
import random
import socket
from pathlib import Path

from deploy.engines.child import EngineError, write_private
from deploy.words import _

# Below Linux's default range for outgoing connections, which could take a port while its engine restarts.
_RANGE = range(20_000, 32_000)


class Ports:
    """`DATA_DIR/ports.json`: name of a listener → port."""

    def __init__(self, data_dir: Path) -> None:
        self._path = data_dir / "ports.json"

    def take(self, name: str, wanted: int | None = None) -> int:
        """`wanted` or an error naming it; else (or for 0, which names none) the remembered port; else a free
        one, now remembered."""
        remembered = self._read()
        if wanted:
            if not is_free(wanted):
                raise EngineError(
                    _("port {port} for {name} is in use: stop what holds it, or choose another").format(
                        port=wanted, name=name
                    )
                )
            return self._remember(name, wanted)
        if name in remembered and is_free(remembered[name]):
            return remembered[name]
        others = set(remembered.values())
        for _try in range(200):
            port = random.choice(_RANGE)  # noqa: S311 - not a secret
            if port not in others and is_free(port):
                return self._remember(name, port)
        told = _("no free port for {name} between {first} and {last}")
        raise EngineError(told.format(name=name, first=_RANGE.start, last=_RANGE.stop))

    def _read(self) -> dict[str, int]:
        with contextlib.suppress(FileNotFoundError, ValueError):
            return {str(name): int(port) for name, port in json.loads(self._path.read_text()).items()}
        return {}

    def _remember(self, name: str, port: int) -> int:
        ports = {**self._read(), name: port}
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_private(self._path, json.dumps(ports, indent=1))
        return port


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True
