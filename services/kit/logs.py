"""Structured logs: one JSON object a line, UTC, no personal data."""

import json
import logging
import re
import sys
import traceback
from datetime import UTC, datetime

_STANDARD = set(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}
_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+")
_PRM = re.compile(r"\b\d{14}\b")
_QUOTED = re.compile(r': ".*"')
"""How the database says which value it could not take."""


def setup(room: str, level: str = "INFO") -> None:
    """Send this process's logs to standard error as JSON, named by its room."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter(room))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for noisy in ("httpx", "httpcore", "uvicorn.access", "uvicorn.error", "apscheduler", "alembic"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


class JsonFormatter(logging.Formatter):
    """Fields given by `extra=` stay fields. Addresses and meter point numbers are masked: a message
    that carries one is a mistake, but the mistake must not reach the disk."""

    def __init__(self, room: str) -> None:
        super().__init__()
        self._room = room

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "room": self._room,
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= {key: value for key, value in record.__dict__.items() if key not in _STANDARD}
        if record.exc_info and record.exc_info[0]:
            line["error"] = record.exc_info[0].__name__
            line["where"] = [
                f"{'/'.join(frame.filename.rsplit('/', 2)[-2:])}:{frame.lineno}"
                for frame in traceback.extract_tb(record.exc_info[2])[-6:]
            ]
            line["why"] = _QUOTED.sub(': "…"', str(record.exc_info[1]).split("\n", 1)[0])[:300]
        return _mask(json.dumps(line, default=str, ensure_ascii=False))


def _mask(line: str) -> str:
    return _PRM.sub("[number]", _ADDRESS.sub("[address]", line))
