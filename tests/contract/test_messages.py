"""The contract between rooms: generated files are current, the past still parses, nothing narrows."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts import compat, generate
from contracts.base import Event
from contracts.topics import BY_SUBJECT, EVENTS, STREAMS

HERE = Path(generate.HERE)
PERSONAL = {
    "name", "email", "mobile", "phone", "postal", "address", "description", "comment", "prm", "serial",
}  # fmt: skip


def test_generated_files_are_what_the_models_say() -> None:
    stale = [str(path) for path, text in generate.documents().items() if path.read_text() != text]
    assert stale == [], "run `make contracts`"


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.subject)
def test_no_event_has_a_field_for_personal_data(event: type[Event]) -> None:
    assert PERSONAL.isdisjoint(event.model_fields)


@pytest.mark.parametrize(
    "path", sorted((HERE / "examples").rglob("*.json")), ids=lambda path: str(path.relative_to(HERE))
)
def test_every_example_ever_given_still_parses(path: Path) -> None:
    BY_SUBJECT[path.name.removesuffix(".json")].model_validate_json(path.read_text())


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.subject)
def test_each_subject_is_captured_by_exactly_its_stream(event: type[Event]) -> None:
    def captures(pattern: str) -> bool:
        return event.subject == pattern or (
            pattern.endswith(".>") and event.subject.startswith(pattern.removesuffix(">"))
        )

    owners = [stream.name for stream in STREAMS if any(captures(subject) for subject in stream.subjects)]
    assert owners == [event.stream]


BASE = {
    "type": "object",
    "properties": {"a": {"type": "integer", "minimum": 0}, "b": {"type": "string", "enum": ["x", "y"]}},
    "required": ["a"],
}


def altered(**changes: object) -> dict[str, object]:
    copy = json.loads(json.dumps(BASE))
    return copy | changes


@pytest.mark.parametrize(
    ("new", "complaint"),
    [
        (altered(properties={"a": BASE["properties"]["a"]}), "/b vanished"),  # type: ignore[index]
        (altered(required=["a", "b"]), "/b became required"),
        (
            altered(
                properties={"a": {"type": "integer", "minimum": 5}, "b": BASE["properties"]["b"]}  # type: ignore[index]
            ),
            "/a narrows minimum",
        ),
        (
            altered(
                properties={"a": {"type": "string"}, "b": BASE["properties"]["b"]}  # type: ignore[index]
            ),
            "/a no longer accepts integer",
        ),
        (
            altered(
                properties={"a": BASE["properties"]["a"], "b": {"type": "string", "enum": ["x"]}}  # type: ignore[index]
            ),
            "/b lost the values ['y']",
        ),
    ],
)
def test_a_breaking_change_is_named(new: dict[str, object], complaint: str) -> None:
    assert complaint in compat.breaks(BASE, new)


def test_a_new_optional_field_and_a_new_code_are_welcome() -> None:
    grown = altered(
        properties={
            "a": {"type": "integer", "minimum": 0},
            "b": {"type": "string", "enum": ["x", "y", "z"]},
            "c": {"type": "string"},
        }
    )
    assert compat.breaks(BASE, grown) == []


@pytest.mark.parametrize(
    "path", sorted((HERE / "schemas" / "released").glob("*.json")), ids=lambda path: path.name
)
def test_today_s_schema_may_replace_the_released_one(path: Path) -> None:
    event = BY_SUBJECT[path.name.removesuffix(".json")]
    assert compat.breaks(json.loads(path.read_text()), generate.schema(event)) == []


@given(st.sampled_from(EVENTS), st.dictionaries(st.text(min_size=1), st.integers(), max_size=3))
def test_readers_ignore_fields_they_do_not_know(event: type[Event], extra: dict[str, int]) -> None:
    body = json.loads((HERE / "examples" / f"{event.subject}.json").read_text())
    unknown = {f"x-{key}": value for key, value in extra.items()}
    assert event.model_validate(body | unknown) == event.model_validate(body)
