"""Writes what is derived from the message models: JSON Schemas, the AsyncAPI 3 document, examples.

`python -m contracts.generate` writes; `python -m contracts.generate --check` says what is out of date.
"""

import json
import sys
from pathlib import Path
from typing import Any

from contracts.base import Event
from contracts.examples_source import EXAMPLES
from contracts.topics import EVENTS, STREAMS

HERE = Path(__file__).resolve().parent


def documents() -> dict[Path, str]:
    """Every generated file with its text."""
    result = {HERE / "asyncapi.json": _text(asyncapi())}
    for event in EVENTS:
        result[HERE / "schemas" / f"{event.subject}.json"] = _text(schema(event))
    for event in EVENTS:
        example = EXAMPLES[event.subject].model_dump(mode="json", by_alias=True)
        result[HERE / "examples" / f"{event.subject}.json"] = _text(example)
    return result


def schema(event: type[Event]) -> dict[str, Any]:
    """The JSON Schema (2020-12) of an event's body."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema"} | event.model_json_schema(
        by_alias=True
    )


def asyncapi() -> dict[str, Any]:
    """AsyncAPI 3.0: a channel per subject, sent by the room that owns it."""
    channels: dict[str, Any] = {}
    operations: dict[str, Any] = {}
    messages: dict[str, Any] = {}
    for event in EVENTS:
        name = event.subject.replace(".", "_")
        channels[name] = {
            "address": event.subject,
            "description": f"JetStream stream {event.stream}",
            "messages": {event.__name__: {"$ref": f"#/components/messages/{event.__name__}"}},
        }
        operations[f"publish_{name}"] = {
            "action": "send",
            "channel": {"$ref": f"#/channels/{name}"},
            "summary": f"Published by {owner(event)}",
        }
        messages[event.__name__] = {
            "name": event.subject,
            "title": event.__name__,
            "summary": (event.__doc__ or "").strip().split("\n")[0],
            "contentType": "application/json",
            "headers": _HEADERS,
            "payload": {"$ref": f"schemas/{event.subject}.json"},
        }
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Palier",
            "version": "1",
            "description": "Events between the rooms. CloudEvents 1.0, binary mode over NATS headers. "
            "No event carries personal data.",
            "license": {"name": "EUPL-1.2"},
        },
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": operations,
        "components": {"messages": messages},
        "x-streams": {stream.name: stream.why for stream in STREAMS},
    }


def owner(event: type[Event]) -> str:
    """The room that publishes the event."""
    first = event.subject.split(".")[0]
    return {"readings": "intake", "rejected": "intake", "retried": "metering", "time": "timekeeper"}.get(
        first, first
    )


_HEADERS = {
    "type": "object",
    "required": ["ce-id", "ce-type", "ce-source", "ce-time", "ce-specversion"],
    "properties": {
        "ce-id": {"type": "string", "format": "uuid", "description": "UUIDv7, also Nats-Msg-Id"},
        "ce-type": {"type": "string", "description": "coop.palier. and the subject"},
        "ce-source": {"type": "string"},
        "ce-subject": {"type": "string", "description": "opaque id of what the event is about"},
        "ce-time": {"type": "string", "format": "date-time"},
        "ce-dataschema": {"type": "string"},
        "ce-specversion": {"const": "1.0"},
    },
}


def _text(document: Any) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False, sort_keys=False) + "\n"


def main() -> int:
    stale = [path for path, text in documents().items() if not path.exists() or path.read_text() != text]
    if "--check" in sys.argv:
        for path in stale:
            print(f"out of date: {path.relative_to(HERE)}; run `make contracts`")
        return 1 if stale else 0
    for path, text in documents().items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
