"""The record of an inspection: every change once, nothing typed lost, nothing signed that is not whole."""

from contextlib import AbstractContextManager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.aftersales.inspections.record import (
    Finding,
    Keys,
    Meter,
    Record,
    Refused,
    Room,
    blank,
    digest,
    findings,
    missing,
    nothing_wrong,
    room_of,
    to_see_again,
    with_finding,
    with_index,
    with_keys,
    with_meter,
    with_remarks,
    with_room,
    with_surfaces,
    without_finding,
    without_keys,
    without_room,
)

WATER = Meter(id="mtr_water", fluid="water", serial="W 12")
LEAK = Finding(id="leak", element="tap", symptom="leak", note="Sous l'évier")
KITCHEN = "room-kitchen"


def begun() -> Record:
    return blank("livraison", [WATER])


def whole() -> Record:
    record = begun()
    for room in record.rooms:
        record = nothing_wrong(record, room.id)
    record = with_index(record, WATER.id, "123,4")
    return with_keys(record, Keys(id="door", what="Porte d'entrée", count=3))


def refused(code: str) -> AbstractContextManager[object]:
    return pytest.raises(Refused, match=f"^{code}$")


@pytest.mark.parametrize("kind", ["etat_des_lieux", "livraison"])
def test_it_begins_with_the_rooms_of_a_home_its_meters_and_all_to_do(kind: str) -> None:
    record = blank(kind, [WATER])
    assert {"kitchen", "living_room", "bathroom"} <= {room.place for room in record.rooms}
    assert record.meters == (WATER,)
    assert missing(record) == ["rooms", "meters", "keys"]


def test_a_room_without_a_defect_is_done_in_one_tap_and_can_be_looked_at_again() -> None:
    record = nothing_wrong(begun(), KITCHEN)
    assert room_of(record, KITCHEN).state == "nothing_wrong"
    assert room_of(to_see_again(record, KITCHEN), KITCHEN).state == "to_see"


def test_a_defect_makes_the_room_seen_and_its_removal_makes_it_to_see() -> None:
    record = with_finding(nothing_wrong(begun(), KITCHEN), KITCHEN, LEAK)
    assert room_of(record, KITCHEN).state == "seen"
    assert [(room.place, one) for room, one in findings(record)] == [("kitchen", LEAK)]
    with refused("room_has_findings"):
        nothing_wrong(record, KITCHEN)
    with refused("room_has_findings"):
        without_room(record, KITCHEN)
    assert room_of(to_see_again(record, KITCHEN), KITCHEN).state == "seen"
    assert room_of(without_finding(record, "leak"), KITCHEN).state == "to_see"
    assert without_finding(record, "another") == record


def test_what_a_phone_sends_twice_is_there_once() -> None:
    once = with_finding(begun(), KITCHEN, LEAK)
    assert with_finding(once, KITCHEN, LEAK) == once
    keys = with_keys(begun(), Keys(id="door", what="Porte", count=3))
    assert with_keys(keys, Keys(id="door", what="Porte", count=3)) == keys
    room = with_room(begun(), Room(id="second", place="bedroom", name="Côté jardin"))
    assert with_room(
        nothing_wrong(room, "second"), Room(id="second", place="bedroom", name="Côté jardin")
    ) == (nothing_wrong(room, "second"))
    meter = with_index(with_meter(begun(), Meter(id="new", fluid="gas")), "new", "12")
    assert with_meter(meter, Meter(id="new", fluid="gas")) == meter


def test_what_is_typed_on_a_page_gone_back_to_is_kept_as_well() -> None:
    other = LEAK.model_copy(update={"symptom": "limescale"})
    record = with_finding(with_finding(begun(), KITCHEN, LEAK), KITCHEN, other)
    assert [one.symptom for _, one in findings(record)] == ["leak", "limescale"]
    assert with_finding(record, KITCHEN, other) == record
    assert len({one.id for _, one in findings(record)}) == 2


def test_a_room_that_is_not_there_is_told() -> None:
    for change in (nothing_wrong, to_see_again):
        with refused("no_such_room"):
            change(begun(), "room-ballroom")
    with refused("no_such_room"):
        with_finding(begun(), "room-ballroom", LEAK)
    assert without_room(begun(), "room-ballroom") == begun()
    assert KITCHEN not in {room.id for room in without_room(begun(), KITCHEN).rooms}


@pytest.mark.parametrize(
    ("typed", "kept"), [("123", "123"), (" 1 234,5 ", "1234,5"), ("0.7", "0.7"), ("1\u202f234", "1234")]
)
def test_an_index_is_kept_as_it_stands_on_the_meter(typed: str, kept: str) -> None:
    assert with_index(begun(), WATER.id, typed, "cassé").meters[0].model_dump() == {
        "id": WATER.id, "fluid": "water", "serial": "W 12", "index": kept, "unread_because": "",
    }  # fmt: skip


@pytest.mark.parametrize("typed", ["12a", "1,2,3", "-4", "1.2,3", "9" * 16, "²"])
def test_an_index_that_is_no_figure_is_refused(typed: str) -> None:
    with refused("index_not_a_figure"):
        with_index(begun(), WATER.id, typed)


def test_a_meter_that_cannot_be_read_needs_its_reason() -> None:
    assert "meters" in missing(with_index(begun(), WATER.id, "", "  "))
    assert "meters" not in missing(with_index(begun(), WATER.id, "", "Local technique fermé"))


@pytest.mark.parametrize(("what", "count"), [("", 1), ("Porte", -1), ("Porte", 100)])
def test_keys_are_named_and_counted(what: str, count: int) -> None:
    with refused("keys_not_counted"):
        with_keys(begun(), Keys(id="x", what=what, count=count))
    assert without_keys(whole(), "door").keys == ()


def test_it_is_whole_when_rooms_are_seen_meters_read_and_keys_counted() -> None:
    assert missing(whole()) == []
    assert missing(without_keys(whole(), "door")) == ["keys"]
    assert missing(with_room(whole(), Room(id="attic", place="other"))) == ["rooms"]
    assert missing(Record(keys=whole().keys)) == ["rooms"]


def test_the_digest_is_of_every_word() -> None:
    record = whole()
    assert digest(record) == digest(Record.model_validate_json(record.model_dump_json()))
    changed = [
        with_remarks(record, "Une remarque"),
        with_index(record, WATER.id, "123,5"),
        with_keys(record, Keys(id="letters", what="Boîte aux lettres", count=1)),
        to_see_again(record, KITCHEN),
    ]
    assert len({digest(one) for one in [record, *changed]}) == 5


NAMES = st.sampled_from(["a", "b", "c"])
CHANGES = st.one_of(
    st.tuples(st.just("finding"), NAMES, st.sampled_from(["leak", "noise"])),
    st.tuples(st.just("remove"), NAMES, st.just("")),
    st.tuples(st.just("keys"), NAMES, st.sampled_from(["Porte", "Cave"])),
    st.tuples(st.just("wrong"), st.just(""), st.just("")),
)


@given(st.lists(CHANGES, max_size=12))
def test_sending_every_change_twice_changes_nothing(changes: list[tuple[str, str, str]]) -> None:
    once, twice = begun(), begun()
    for change in changes:
        once = applied(once, *change)
        twice = applied(applied(twice, *change), *change)
    assert once == twice


@given(st.lists(st.tuples(NAMES, st.sampled_from(["leak", "noise", "stuck"])), max_size=10))
def test_nothing_that_was_typed_is_lost(typed: list[tuple[str, str]]) -> None:
    record = begun()
    for name, symptom in typed:
        record = applied(record, "finding", name, symptom)
    assert {one.symptom for _, one in findings(record)} == {symptom for _, symptom in typed}
    ids = [one.id for _, one in findings(record)]
    assert len(ids) == len(set(ids))


def applied(record: Record, what: str, name: str, more: str) -> Record:
    try:
        match what:
            case "finding":
                return with_finding(record, KITCHEN, Finding(id=name, element="tap", symptom=more))
            case "remove":
                return without_finding(record, name)
            case "keys":
                return with_keys(record, Keys(id=name, what=more, count=1))
            case _:
                return nothing_wrong(record, KITCHEN)
    except Refused:
        return record


def test_the_state_of_a_room_is_said_surface_by_surface_and_taken_back() -> None:
    record = with_surfaces(begun(), KITCHEN, {"floor": "worn", "walls": "good"})
    assert room_of(record, KITCHEN).surfaces == {"floor": "worn", "walls": "good"}
    assert room_of(record, KITCHEN).state == "seen"
    record = with_surfaces(record, KITCHEN, {"walls": "", "ceiling": "new"})
    assert room_of(record, KITCHEN).surfaces == {"floor": "worn", "ceiling": "new"}
    with refused("unknown_code"):
        with_surfaces(record, KITCHEN, {"roof": "good"})
    with refused("unknown_code"):
        with_surfaces(record, KITCHEN, {"floor": "splendid"})


def test_the_state_of_a_room_outlives_a_finding_that_was_a_mistake() -> None:
    record = with_finding(with_surfaces(begun(), KITCHEN, {"floor": "bad"}), KITCHEN, LEAK)
    record = without_finding(record, LEAK.id)
    assert room_of(record, KITCHEN).state == "seen"
    assert room_of(with_room(record, Room(id=KITCHEN, place="kitchen")), KITCHEN).surfaces == {"floor": "bad"}


def test_the_state_of_rooms_is_signed_and_what_says_none_keeps_its_digest() -> None:
    record = whole()
    assert digest(with_surfaces(record, KITCHEN, {"floor": "good"})) != digest(record)
    assert digest(Record(rooms=(Room(id="r", place="kitchen"),))) == (
        "041f3cd2c8f3f4c65c022449119fcacb7482fbe28ade5d4e338ddf5c28c2aaa4"
    )
