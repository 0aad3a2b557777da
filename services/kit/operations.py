"""The operations port: liveness, readiness and metrics, on loopback, never the public port."""

import json
import logging
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest, multiprocess

_LOG = logging.getLogger(__name__)

Readiness = Callable[[], dict[str, bool]]


def prepare_metrics(folder: Path) -> None:
    """An empty folder for the processes' counters. Call it before any of them starts."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for left in folder.glob("*.db"):
        left.unlink()


class Operations:
    """Serves `/livez`, `/readyz` and `/metrics` from a thread."""

    def __init__(self, port: int, readiness: Readiness, metrics: Path, host: str = "127.0.0.1") -> None:
        self._readiness = readiness
        self._metrics = metrics
        self._server = ThreadingHTTPServer((host, port), self._handler())
        self._server.daemon_threads = True

    @property
    def url(self) -> str:
        return f"http://{self._server.server_address[0]!s}:{self._server.server_address[1]}"

    def start(self) -> None:
        threading.Thread(target=self._server.serve_forever, daemon=True, name="operations").start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, path: str) -> tuple[int, str, bytes]:
        """Status, content type and body for a path."""
        if path == "/livez":
            return 200, "text/plain", b"ok\n"
        if path == "/readyz":
            parts = self._readiness()
            ready = bool(parts) and all(parts.values())
            return (
                (200 if ready else 503),
                "application/json",
                json.dumps({"ready": ready, "parts": parts}).encode(),
            )
        if path == "/metrics":
            registry = CollectorRegistry()
            multiprocess.MultiProcessCollector(registry, path=str(self._metrics))  # type: ignore[no-untyped-call]
            return 200, CONTENT_TYPE_LATEST, generate_latest(registry)
        return 404, "text/plain", b"livez, readyz or metrics\n"

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        answer = self.answer

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, kind, body = answer(self.path.partition("?")[0])
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                _LOG.debug(format, *args)

        return Handler
