"""What an inspection writes down, room by room, and every change to it: values in, values out.

A change may be sent twice by a phone that lost its network: each brings an id made for its page, and what is
already there is not added again. Something else under the same id (from a page that was gone back to) is kept
as well, under an id of its own: nothing that was typed is lost.
"""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from typing import Literal, TypeVar

from pydantic import BaseModel, ConfigDict

from services.aftersales.tables import load

MOST_ROOMS, MOST_FINDINGS_OF_ROOM, MOST_KEYS = 40, 60, 30
RoomState = Literal["to_see", "nothing_wrong", "seen"]


class Refused(Exception):
    """A change that the record cannot take: a code of `inspection_refusals` in words.yaml."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Finding(_Value):
    """One defect as both saw it."""

    id: str
    element: str
    symptom: str
    note: str = ""


class Room(_Value):
    """A place of the home; several of one kind are told apart by name."""

    id: str
    place: str
    name: str = ""
    state: RoomState = "to_see"
    findings: tuple[Finding, ...] = ()
    surfaces: dict[str, str] = {}
    """The state of its floor, walls…, as far as it was said: codes of `forms.yaml`."""


class Meter(_Value):
    """A meter's index at the handing over."""

    id: str
    """A meter of the registry, or made on the page for one that is not there."""
    fluid: str
    serial: str = ""
    index: str = ""
    """As it stands on the meter, digits and one decimal sign; empty while not read."""
    unread_because: str = ""
    """Why it could not be read, in words."""

    @property
    def is_done(self) -> bool:
        return bool(self.index or self.unread_because)


class Keys(_Value):
    id: str
    what: str
    count: int


class Record(_Value):
    """All that is written down. Order is the order people see."""

    rooms: tuple[Room, ...] = ()
    meters: tuple[Meter, ...] = ()
    keys: tuple[Keys, ...] = ()
    remarks: str = ""


def blank(kind: str, meters: Sequence[Meter]) -> Record:
    """A record to begin with: the rooms that nearly every home has, and its meters."""
    table = load("inspections/forms")[kind]
    rooms = tuple(Room(id=f"room-{place}", place=place) for place in table["rooms"])
    return Record(rooms=rooms, meters=tuple(meters))


def room_of(record: Record, room: str) -> Room:
    """Raises Refused when it is not (any more) there."""
    found = next((one for one in record.rooms if one.id == room), None)
    if found is None:
        raise Refused("no_such_room")
    return found


def with_room(record: Record, room: Room) -> Record:
    found = _new(record.rooms, room, "state", "findings", "surfaces")
    if found is None:
        return record
    room = found
    if len(record.rooms) >= MOST_ROOMS:
        raise Refused("too_many")
    return record.model_copy(update={"rooms": (*record.rooms, room)})


def without_room(record: Record, room: str) -> Record:
    """A room that the home does not have. One with findings stays."""
    if any(one.id == room and one.findings for one in record.rooms):
        raise Refused("room_has_findings")
    return record.model_copy(update={"rooms": tuple(one for one in record.rooms if one.id != room)})


def nothing_wrong(record: Record, room: str) -> Record:
    """Everything in the room is in order."""
    if room_of(record, room).findings:
        raise Refused("room_has_findings")
    return _changed(record, room, state="nothing_wrong")


def surfaces() -> tuple[str, ...]:
    """What of a room a state can be said of: codes of `inspection_surfaces`."""
    return tuple(load("inspections/forms")["surfaces"])


def surface_states() -> tuple[str, ...]:
    """What can be said of each, the best first: codes of `inspection_states`."""
    return tuple(load("inspections/forms")["states"])


def with_surfaces(record: Record, room: str, told: Mapping[str, str]) -> Record:
    """The state of floor, walls, ceiling…; who says it has seen the room. An empty state takes one back."""
    table = load("inspections/forms")
    if set(told) - set(table["surfaces"]) or set(told.values()) - {*table["states"], ""}:
        raise Refused("unknown_code")
    found = room_of(record, room)
    said = {**found.surfaces, **told}
    kept = {surface: said[surface] for surface in table["surfaces"] if said.get(surface)}
    state = "seen" if kept and found.state == "to_see" else found.state
    return _changed(record, room, surfaces=kept, state=state)


def to_see_again(record: Record, room: str) -> Record:
    found = room_of(record, room)
    return _changed(record, room, state="seen" if found.findings or found.surfaces else "to_see")


def with_finding(record: Record, room: str, finding: Finding) -> Record:
    found = room_of(record, room)
    new = _new([one for _, one in findings(record)], finding)
    if new is None:
        return record
    if len(found.findings) >= MOST_FINDINGS_OF_ROOM:
        raise Refused("too_many")
    return _changed(record, room, state="seen", findings=(*found.findings, new))


def without_finding(record: Record, finding: str) -> Record:
    """The finding was a mistake; a room left without any must be looked at again."""
    for room in record.rooms:
        left = tuple(one for one in room.findings if one.id != finding)
        if left != room.findings:
            state = "seen" if left or room.surfaces else "to_see"
            return _changed(record, room.id, findings=left, state=state)
    return record


def with_index(record: Record, meter: str, index: str, unread_because: str = "") -> Record:
    """What the meter shows. Refuses what is no figure; an index that was read needs no reason."""
    figure = re.sub(r"\s", "", index)
    if figure and not re.fullmatch(r"[0-9]{1,12}([.,][0-9]{1,3})?", figure):
        raise Refused("index_not_a_figure")
    values = {"index": figure, "unread_because": "" if figure else unread_because.strip()}
    meters = tuple(one.model_copy(update=values) if one.id == meter else one for one in record.meters)
    return record.model_copy(update={"meters": meters})


def with_meter(record: Record, meter: Meter) -> Record:
    new = _new(record.meters, meter, "index", "unread_because")
    if new is None:
        return record
    if len(record.meters) >= MOST_KEYS:
        raise Refused("too_many")
    return record.model_copy(update={"meters": (*record.meters, new)})


def with_keys(record: Record, keys: Keys) -> Record:
    if not keys.what or not 0 <= keys.count <= 99:
        raise Refused("keys_not_counted")
    new = _new(record.keys, keys)
    if new is None:
        return record
    if len(record.keys) >= MOST_KEYS:
        raise Refused("too_many")
    return record.model_copy(update={"keys": (*record.keys, new)})


def without_keys(record: Record, keys: str) -> Record:
    return record.model_copy(update={"keys": tuple(one for one in record.keys if one.id != keys)})


def with_remarks(record: Record, remarks: str) -> Record:
    return record.model_copy(update={"remarks": remarks.strip()})


def missing(record: Record) -> list[str]:
    """What must still be done before anybody signs: codes of `inspection_missing`. The law wants the meters
    and the keys in it (décret 2016-382 for a tenant)."""
    found = []
    if not record.rooms or any(room.state == "to_see" for room in record.rooms):
        found.append("rooms")
    if any(not meter.is_done for meter in record.meters):
        found.append("meters")
    if not record.keys:
        found.append("keys")
    return found


def findings(record: Record) -> list[tuple[Room, Finding]]:
    """Every finding with its room, in the order of the record."""
    return [(room, finding) for room in record.rooms for finding in room.findings]


def digest(record: Record) -> str:
    """SHA-256 of the record in one canonical spelling, in hexadecimal."""
    values = record.model_dump(mode="json")
    for room in values["rooms"]:
        if not room["surfaces"]:  # what was signed before there were any keeps its digest
            del room["surfaces"]
    plain = json.dumps(values, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(plain.encode()).hexdigest()


V = TypeVar("V", Room, Finding, Meter, Keys)


def _new(known: Sequence[V], value: V, *later: str) -> V | None:
    """None when it is there already, whatever its `later` fields became; else with an id nobody has."""
    while True:
        same_id = next((one for one in known if one.id == value.id), None)
        if same_id is None:
            return value
        kept = {name: getattr(same_id, name) for name in later}
        if same_id == value.model_copy(update=kept):
            return None
        told = hashlib.sha256(value.model_dump_json().encode()).hexdigest()[:12]
        value = value.model_copy(update={"id": f"{value.id[:40]}-{told}"})


def _changed(record: Record, room: str, **values: object) -> Record:
    room_of(record, room)
    rooms = tuple(one.model_copy(update=values) if one.id == room else one for one in record.rooms)
    return record.model_copy(update={"rooms": rooms})
