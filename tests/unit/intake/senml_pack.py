"""Short ways to write a pack in a test."""

import json
from datetime import UTC, datetime
from typing import Any

RECEIVED_AT = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
T = int(RECEIVED_AT.timestamp())


def pack(*records: dict[str, Any]) -> bytes:
    return json.dumps(records).encode()


def record(**changes: Any) -> dict[str, Any]:
    """A good record, with changes; a field changed to `...` is left out."""
    fields = {"n": "energy_import", "u": "Wh", "t": T, "v": 1_234} | changes
    return {name: value for name, value in fields.items() if value is not ...}
