"""Feeds and replays as the API keeps them. What the player makes of them: tests/journeys/test_replays.py."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from contracts.members import ConsentChanged, SandboxDropped
from deploy.engines import Engines
from services.kit.database import conninfo
from services.kit.ids import new_id
from services.metering import handlers, personal
from services.metering.replays import feeds, forgetting
from services.metering.replays.bodies import FeedOptions
from services.metering.replays.work import MOST_TRIES, Lost, Work
from tests.conftest import OpenUnit, Web
from tests.integration.metering.homes import Home, a_home, reading, rows, send, withdraw

pytestmark = pytest.mark.engines
CSV = b"start,kwh\n2026-01-05 00:00,0.1\n2026-01-05 00:30,0.2\n"
SUMMARY = '{"starts_at": "2026-01-05T00:00:00+01:00", "ends_at": "2026-01-08T00:00:00+01:00"}'
START = datetime(2026, 11, 1, tzinfo=UTC)


async def a_ready_feed(web: Web, room_unit: OpenUnit, operator: dict[str, str]) -> str:
    """As the player leaves it."""
    answer = await web.client.post("/api/v1/feeds", files={"file": ("a.csv", CSV)}, headers=operator)
    assert answer.status_code == 201, answer.text
    id = str(answer.json()["id"])
    await run(
        room_unit, f"UPDATE metering.feed SET state = 'ready', summary = '{SUMMARY}' WHERE id = :id", id=id
    )
    return id


async def run(room_unit: OpenUnit, statement: str, **values: Any) -> None:
    async with room_unit("metering") as unit:
        await unit.session.execute(text(statement), values)


async def start(web: Web, operator: dict[str, str], **body: Any) -> Any:
    return await web.client.post("/api/v1/replays", json=body, headers=operator)


async def act(web: Web, operator: dict[str, str], replay: str, **body: Any) -> Any:
    return await web.client.post(f"/api/v1/replays/{replay}/actions", json=body, headers=operator)


@pytest.mark.parametrize("how", ["form", "body"])
async def test_a_file_is_kept_as_it_came_in_pieces(
    web: Web, room_unit: OpenUnit, coop: str, how: str
) -> None:
    operator = web.as_("operator", coop)
    content = CSV + b"# " + bytes(range(256)) * 10_000
    name = "Conso_12345678901234.csv"
    if how == "form":
        answer = await web.client.post(
            "/api/v1/feeds", files={"file": (name, content)}, data={"zone": "Europe/Lisbon"}, headers=operator
        )
    else:
        answer = await web.client.post(
            f"/api/v1/feeds?name={name}&zone=Europe/Lisbon", content=content, headers=operator
        )
    feed = answer.json()
    assert (feed["state"], feed["bytes"], feed["zone"]) == ("waiting", len(content), "Europe/Lisbon")
    assert feed["name"] == "Conso_….csv"
    pieces = await rows(
        room_unit, "SELECT content FROM metering.feed_piece WHERE feed = :id ORDER BY number", id=feed["id"]
    )
    assert [len(piece.content) for piece in pieces[:-1]] == [feeds.PIECE_BYTES] * (len(pieces) - 1)
    assert b"".join(piece.content for piece in pieces) == content


async def test_too_much_nothing_and_nowhere_are_refused(
    web: Web, coop: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    operator = web.as_("operator", coop)
    monkeypatch.setattr(feeds, "MOST_BYTES", 100)
    for content, zone, status in (
        (b"x" * 101, "Europe/Paris", 413),
        (b"", "Europe/Paris", 422),
        (b"x", "Mars", 422),
    ):
        answer = await web.client.post(f"/api/v1/feeds?zone={zone}", content=content, headers=operator)
        assert answer.status_code == status, answer.text
    assert (await web.client.get("/api/v1/feeds", headers=operator)).json()["items"] == []


@pytest.mark.parametrize("how", ["form", "body"])
async def test_what_a_person_says_of_a_file_is_kept_with_it(
    web: Web, room_unit: OpenUnit, coop: str, how: str
) -> None:
    operator = web.as_("operator", coop)
    said = {"time_column": "t", "value_column": "v", "unit": "kWh", "kind": "register", "date_order": "dmy"}
    body = {"files": {"file": ("a.csv", CSV)}, "data": said} if how == "form" else {"content": CSV}
    query = said if how == "body" else {}
    answer = await web.client.post("/api/v1/feeds", **body, params=query, headers=operator)
    (feed,) = await rows(room_unit, "SELECT spec FROM metering.feed WHERE id = :id", id=answer.json()["id"])
    assert feed.spec["options"] == said
    for wrong in ({"stamp": "middle"}, {"kind": "guess"}, {"quantity": "joy"}):
        refused = await web.client.post("/api/v1/feeds", content=CSV, params=wrong, headers=operator)
        assert refused.json()["errors"][0]["pointer"] == f"/{next(iter(wrong))}"


async def test_what_may_be_said_of_a_file_stands_in_the_document_of_the_api(web: Web) -> None:
    document = (await web.client.get("/api/v1/openapi.json")).json()
    named = {one["name"] for one in document["paths"]["/api/v1/feeds"]["post"]["parameters"]}
    assert named >= {"name", "zone", *FeedOptions.model_fields}


async def test_why_a_feed_cannot_be_read_is_told_in_the_readers_language(
    web: Web, room_unit: OpenUnit, coop: str
) -> None:
    operator = web.as_("operator", coop)
    feed = await a_ready_feed(web, room_unit, operator)
    await run(
        room_unit,
        "UPDATE metering.feed SET state = 'unreadable', problem = 'option_needed|unit' WHERE id = :id",
        id=feed,
    )
    for language, words in (("fr", "précisez-le. (unit)"), ("en", "please state it. (unit)")):
        headers = operator | {"Accept-Language": language}
        told = (await web.client.get(f"/api/v1/feeds/{feed}", headers=headers)).json()["problem"]
        assert told.endswith(words)
        assert words in (await start(web, headers, feed=feed)).json()["title"]


async def test_a_cooperative_sees_its_own_feeds_and_replays_only(
    web: Web, room_unit: OpenUnit, coop: str
) -> None:
    own, platform = web.as_("operator", coop), web.as_("operator", "*")
    feed = await a_ready_feed(web, room_unit, own)
    other = await a_ready_feed(web, room_unit, platform)
    replay = (await start(web, platform, feed=other)).json()["id"]
    for path in (f"/feeds/{other}", f"/replays/{replay}"):
        assert (await web.client.get(f"/api/v1{path}", headers=own)).status_code == 404
    assert (await start(web, own, feed=other)).status_code == 404
    assert (await act(web, own, replay, action="stop")).status_code == 404
    listed = (await web.client.get("/api/v1/feeds", headers=own)).json()["items"]
    assert [one["id"] for one in listed] == [feed]
    assert (await web.client.get(f"/api/v1/feeds/{feed}", headers=platform)).status_code == 200


async def test_before_a_player_comes_it_can_be_led_already(web: Web, room_unit: OpenUnit, coop: str) -> None:
    operator = web.as_("operator", coop)
    feed = await a_ready_feed(web, room_unit, operator)
    replay = (await start(web, operator, feed=feed, speed="10x")).json()
    assert (replay["state"], replay["speed"], replay["progress"]) == ("waiting", 10, 0)
    id = replay["id"]
    assert (await act(web, operator, id, action="pause")).json()["state"] == "paused"
    refused = await act(web, operator, id, action="pause")
    assert (refused.status_code, refused.json()["legal_actions"]) == (
        409,
        ["resume", "seek", "speed", "stop"],
    )
    sought = (await act(web, operator, id, action="seek", to="2026-01-06")).json()
    assert (sought["position"], sought["progress"]) == ("2026-01-06T00:00:00+01:00", 0.3333)
    for to in ("2026-01-09", "2026-01-04T22:00:00Z", None):
        assert (await act(web, operator, id, action="seek", to=to)).status_code == 422
    assert (await act(web, operator, id, action="speed", speed="max")).json()["speed"] == "max"
    assert (await act(web, operator, id, action="resume")).json()["state"] == "waiting"
    assert (await act(web, operator, id, action="dance")).status_code == 422
    assert (await act(web, operator, id, action="stop")).json()["state"] == "stopped"
    assert (await web.client.delete(f"/api/v1/feeds/{feed}", headers=operator)).status_code == 204


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, "Nommez un flux ou un scénario."),
        ({"feed": "fee_x", "speed": "fast"}, "Donnez un multiple du temps réel, ou max."),
        ({"feed": "fee_x", "from": "yesterday"}, "Donnez un jour comme 2026-01-05"),
        ({"scenario": {"homes": 200, "days": 400}}, "Au plus 20000 jours-logements."),
    ],
)
async def test_what_is_asked_wrongly_is_said_in_french_too(
    web: Web, coop: str, body: dict[str, Any], words: str
) -> None:
    refused = await start(web, web.as_("operator", coop) | {"Accept-Language": "fr"}, **body)
    assert refused.status_code == 422
    assert any(error["message"].startswith(words) for error in refused.json()["errors"]), refused.text


async def test_a_feed_that_is_played_stays(web: Web, room_unit: OpenUnit, coop: str) -> None:
    operator = web.as_("operator", coop)
    feed = await a_ready_feed(web, room_unit, operator)
    replay = (await start(web, operator, feed=feed)).json()["id"]
    assert (await web.client.delete(f"/api/v1/feeds/{feed}", headers=operator)).status_code == 409
    await act(web, operator, replay, action="stop")
    assert (await web.client.delete(f"/api/v1/feeds/{feed}", headers=operator)).status_code == 204
    assert (await web.client.get(f"/api/v1/replays/{replay}", headers=operator)).json()["feed_name"] is None


async def test_a_real_meter_asks_for_a_dry_run_of_the_same_by_the_same_and_not_long_ago(
    web: Web, room_unit: OpenUnit, coop: str
) -> None:
    home = await a_home(room_unit, coop)
    operator, colleague = web.as_("operator", coop), web.as_("operator", coop)
    feed = await a_ready_feed(web, room_unit, operator)
    into = {"feed": feed, "meter": home.meter, "from": "2026-01-05", "to": "2026-01-06"}
    assert (await start(web, operator, **into)).status_code == 422  # it does not say that it means it
    assert (await start(web, operator, feed=feed, live=True)).status_code == 422
    assert (await start(web, operator, **into | {"live": True, "meter": new_id("mtr")})).status_code == 404
    dry = (await start(web, operator, **into, dry_run=True)).json()["id"]
    assert (await start(web, operator, **into, live=True)).json()["legal_actions"] == ["dry_run"]
    done = (
        "UPDATE metering.replay SET state = 'done', ended_at = now() - CAST(:age AS interval) WHERE id = :id"
    )
    await run(room_unit, done, id=dry, age=timedelta(hours=25))
    assert (await start(web, operator, **into, live=True)).status_code == 409
    await run(room_unit, done, id=dry, age=timedelta(hours=1))
    assert (await start(web, colleague, **into, live=True)).status_code == 409
    assert (await start(web, operator, **into | {"to": "2026-01-07"}, live=True)).status_code == 409
    live = (await start(web, operator, **into, live=True)).json()
    assert (live["live"], live["meter"], live["state"]) == (True, home.meter, "waiting")
    uses = await rows(room_unit, "SELECT why FROM metering.data_use WHERE occupancy = :id", id=home.occupancy)
    assert {use.why for use in uses} == {"quality_control"}


async def test_a_recording_keeps_what_arrives_repeats_included_of_who_allows_it(
    web: Web, room_unit: OpenUnit, coop: str
) -> None:
    open_home = await a_home(room_unit, coop)
    shy_home = await a_home(room_unit, coop, consents=["daily"])
    operator = web.as_("operator", coop)
    await send(room_unit, coop, [reading(open_home, START, 100)])  # before
    recording = (
        await web.client.post("/api/v1/recordings", json={"coop": coop, "minutes": 5}, headers=operator)
    ).json()["id"]
    again = await web.client.post("/api/v1/recordings", json={"coop": coop}, headers=operator)
    assert (again.status_code, again.json()["legal_actions"]) == (409, ["stop"])
    for at in (2, 1, 1):  # out of order, and one twice
        batch = [reading(home, START + timedelta(hours=at), 100 + at) for home in (open_home, shy_home)]
        await send(room_unit, coop, batch)
    stopped = await web.client.post(f"/api/v1/recordings/{recording}/stop", headers=operator)
    assert stopped.json()["state"] == "waiting"
    await send(room_unit, coop, [reading(open_home, START + timedelta(hours=3), 103)])  # after
    kept = "SELECT meter, value_milli FROM metering.feed_reading WHERE feed = :id ORDER BY number"
    found = await rows(room_unit, kept, id=recording)
    assert [(row.meter, row.value_milli) for row in found] == [
        (open_home.meter, 102_000), (open_home.meter, 101_000), (open_home.meter, 101_000),
    ]  # fmt: skip
    uses = await rows(
        room_unit,
        "SELECT why, purpose FROM metering.data_use WHERE occupancy = ANY(:homes) AND actor <> 'metering'",
        homes=[open_home.occupancy, shy_home.occupancy],
    )
    assert [(use.why, use.purpose) for use in uses] == [("quality_control", "half_hourly")]


async def test_who_withdraws_is_forgotten_in_recordings_and_in_what_was_played_of_them(
    web: Web, room_unit: OpenUnit, coop: str
) -> None:
    home, neighbour = await a_home(room_unit, coop), await a_home(room_unit, coop)
    operator = web.as_("operator", coop)
    recording = (await web.client.post("/api/v1/recordings", json={"coop": coop}, headers=operator)).json()[
        "id"
    ]
    await send(room_unit, coop, [reading(home, START, 100), reading(neighbour, START, 100)])
    await web.client.post(f"/api/v1/recordings/{recording}/stop", headers=operator)
    kept, playing = [(await start(web, operator, feed=recording)).json()["id"] for _ in range(2)]
    await run(
        room_unit,
        "UPDATE metering.replay SET state = 'done', sandbox = 'replay-x', result = '{}',"
        " kept_until = now() + interval '7 days' WHERE id = :id",
        id=kept,
    )
    await withdraw(room_unit, home, "half_hourly")
    withdrawn = ConsentChanged(
        coop=coop, occupancy=home.occupancy, purpose="half_hourly", granted=False, changed_at=START
    )
    async with room_unit("metering", coop) as unit:
        await handlers.consent_changed(withdrawn, unit)
    left = await rows(room_unit, "SELECT meter FROM metering.feed_reading WHERE feed = :id", id=recording)
    assert [row.meter for row in left] == [neighbour.meter]
    states = await rows(
        room_unit,
        "SELECT id, state, result, kept_until <= now() AS is_over FROM metering.replay WHERE feed = :id",
        id=recording,
    )
    found = {row.id: (row.state, row.result, row.is_over) for row in states}
    assert found == {kept: ("done", None, True), playing: ("stopping", None, None)}


async def test_what_was_recorded_of_one_household_is_never_played_into_anothers_meter(
    web: Web, room_unit: OpenUnit, coop: str
) -> None:
    home, neighbour = await a_home(room_unit, coop), await a_home(room_unit, coop)
    operator = web.as_("operator", coop)
    recording = await a_recording_of(web, room_unit, operator, home)
    for how in ({"dry_run": True}, {"live": True}):
        refused = await start(web, operator, feed=recording, meter=neighbour.meter, **how)
        assert (refused.status_code, refused.json()["code"]) == (409, "of_others")
    assert (await start(web, operator, feed=recording, meter=home.meter, dry_run=True)).status_code == 201


async def test_who_plays_a_recording_is_written_where_its_household_reads_it(
    web: Web, room_unit: OpenUnit, coop: str
) -> None:
    home = await a_home(room_unit, coop)
    recording = await a_recording_of(web, room_unit, web.as_("operator", coop), home)
    assert (await start(web, web.as_("operator", coop), feed=recording)).status_code == 201
    uses = await rows(
        room_unit,
        "SELECT DISTINCT actor FROM metering.data_use WHERE occupancy = :id AND why = 'quality_control'",
        id=home.occupancy,
    )
    assert len(uses) == 2  # who recorded, and who played
    async with room_unit("metering", coop) as unit:
        export = await personal.export(unit, home.person)
    assert [(one["feed"], one["readings"]) for one in export["recordings"]] == [(recording, 1)]


async def a_recording_of(web: Web, room_unit: OpenUnit, operator: dict[str, str], home: Home) -> str:
    """As the player leaves it."""
    answer = await web.client.post("/api/v1/recordings", json={"coop": home.coop}, headers=operator)
    id = str(answer.json()["id"])
    await send(room_unit, home.coop, [reading(home, START, 100)])
    await web.client.post(f"/api/v1/recordings/{id}/stop", headers=operator)
    await run(
        room_unit, f"UPDATE metering.feed SET state = 'ready', summary = '{SUMMARY}' WHERE id = :id", id=id
    )
    return id


async def test_operators_do_not_fill_the_database_with_feeds(
    web: Web, room_unit: OpenUnit, coop: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeds, "MOST_KEPT_BYTES", 2 * len(CSV))
    operator = web.as_("operator", coop)
    sent = [await web.client.post("/api/v1/feeds", content=CSV, headers=operator) for _ in range(3)]
    assert [answer.status_code for answer in sent] == [201, 201, 409]
    assert sent[2].json()["code"] == "feeds_full"


async def test_a_feed_that_ends_its_reader_is_given_up(
    web: Web, room_unit: OpenUnit, coop: str, engines: Engines
) -> None:
    await run(room_unit, "UPDATE metering.feed SET state = 'ready' WHERE state = 'waiting'")
    answer = await web.client.post("/api/v1/feeds", content=CSV, headers=web.as_("operator", coop))
    work = Work(conninfo(str(engines.settings.database_url), engines.secrets, "metering_work"), "ply_test")
    try:
        for _ in range(MOST_TRIES):
            with pytest.raises(MemoryError), work.unread_feed() as held:
                assert held.row is not None
                assert not held.is_given_up
                raise MemoryError
        with work.unread_feed() as held:
            assert held.row is not None
            assert held.row["id"] == answer.json()["id"]
            assert held.is_given_up
            held.told(None, "given up")
        assert not work.has_unread_feed()
    finally:
        work.close()


async def test_feeds_go_after_thirty_days_unless_they_are_being_played(
    web: Web, room_unit: OpenUnit, coop: str
) -> None:
    operator = web.as_("operator", coop)
    old, played = [await a_ready_feed(web, room_unit, operator) for _ in range(2)]
    await start(web, operator, feed=played)
    await run(
        room_unit,
        "UPDATE metering.feed SET expires_at = now() - interval '1 s' WHERE id = ANY(:ids)",
        ids=[old, played],
    )

    async with room_unit("metering") as unit:
        await forgetting.expired(unit)
    feeds_left = (await web.client.get("/api/v1/feeds", headers=operator)).json()["items"]
    assert [one["id"] for one in feeds_left] == [played]
    pieces = await rows(
        room_unit, "SELECT DISTINCT feed FROM metering.feed_piece WHERE feed = ANY(:ids)", ids=[old, played]
    )
    assert [row.feed for row in pieces] == [played]


async def a_replay(web: Web, room_unit: OpenUnit, feed: str, sandbox: str, **columns: str) -> str:
    """One that plays into a sandbox, as its player leaves it."""
    id = str((await start(web, web.as_("operator", "*"), feed=feed)).json()["id"])
    sets = ", ".join(f"{name} = {value}" for name, value in columns.items())
    held = f"UPDATE metering.replay SET sandbox = :sandbox, lease_by = 'ply_test', {sets} WHERE id = :id"
    await run(room_unit, held, id=id, sandbox=sandbox)
    return id


async def drop(room_unit: OpenUnit, sandbox: str) -> None:
    """As members tells it."""
    async with room_unit("members") as unit:
        await unit.session.execute(
            text("UPDATE members.coop SET sandbox = true, dropped_at = now() WHERE coop = :coop"),
            {"coop": sandbox},
        )


async def hear_of_drop(room_unit: OpenUnit, sandbox: str) -> None:
    async with room_unit("metering") as unit:
        await handlers.sandbox_dropped(SandboxDropped(coop=sandbox), unit)


@pytest.mark.parametrize("state", ["playing", "paused", "checking"])
async def test_a_replay_whose_sandbox_is_dropped_ends_and_says_so(
    web: Web, room_unit: OpenUnit, coop: str, engines: Engines, state: str
) -> None:
    platform = web.as_("operator", "*")
    feed = await a_ready_feed(web, room_unit, platform)
    replay = await a_replay(web, room_unit, feed, coop, state=f"'{state}'", places="'[]'")
    await drop(room_unit, coop)
    now = (await web.client.get(f"/api/v1/replays/{replay}", headers=platform)).json()
    assert (now["sandbox"], now["legal_actions"]) == (None, ["stop"])  # before metering has heard of it
    assert (await act(web, platform, replay, action="resume")).json()["legal_actions"] == ["stop"]
    await hear_of_drop(room_unit, coop)
    told = {}
    for language in ("fr", "en"):
        answer = await web.client.get(
            f"/api/v1/replays/{replay}", headers=platform | {"Accept-Language": language}
        )
        ended = answer.json()
        told[language] = ended["problem"]
        assert (ended["state"], ended["sandbox"], ended["legal_actions"]) == ("failed", None, [])
        assert ended["ended_at"]
    assert told["en"] == "Its sandbox was dropped while the replay was under way: it ended there."
    assert told["fr"].startswith("Son bac à sable a été supprimé")
    work = Work(conninfo(str(engines.settings.database_url), engines.secrets, "metering_work"), "ply_test")
    try:
        with pytest.raises(Lost):  # its player hears of it with its next word
            work.wanted(replay)
    finally:
        work.close()


async def test_what_a_player_ends_itself_is_left_to_it_when_it_drops_the_sandbox(
    web: Web, room_unit: OpenUnit, coop: str
) -> None:
    feed = await a_ready_feed(web, room_unit, web.as_("operator", "*"))
    stopping = await a_replay(web, room_unit, feed, coop, state="'stopping'")
    checked = await a_replay(web, room_unit, feed, coop, state="'checking'", result="'{}'")
    await drop(room_unit, coop)
    await hear_of_drop(room_unit, coop)
    found = await rows(
        room_unit, "SELECT id, state, problem FROM metering.replay WHERE id = ANY(:ids)",
        ids=[stopping, checked],
    )  # fmt: skip
    assert {row.id: (row.state, row.problem) for row in found} == {
        stopping: ("stopping", None), checked: ("checking", None),
    }  # fmt: skip


async def test_what_is_played_into_a_meter_of_a_dropped_sandbox_ends_too(
    web: Web, room_unit: OpenUnit, coop: str
) -> None:
    platform = web.as_("operator", "*")
    home = await a_home(room_unit, coop)
    await send(room_unit, coop, [reading(home, START, 100)])
    feed = await a_ready_feed(web, room_unit, platform)
    replay = await a_replay(web, room_unit, feed, "", state="'playing'", meter=f"'{home.meter}'")
    await run(room_unit, "UPDATE metering.replay SET sandbox = NULL WHERE id = :id", id=replay)
    await drop(room_unit, coop)
    await hear_of_drop(room_unit, coop)
    ended = (await web.client.get(f"/api/v1/replays/{replay}", headers=platform)).json()
    assert (ended["state"], ended["legal_actions"]) == ("failed", [])
    assert "bac à sable de ce compteur" in ended["problem"]


async def test_a_kept_sandbox_that_was_dropped_is_no_longer_offered(
    web: Web, room_unit: OpenUnit, coop: str
) -> None:
    platform = web.as_("operator", "*")
    feed = await a_ready_feed(web, room_unit, platform)
    kept = {"state": "'done'", "kept_until": "now() + interval '7 days'", "result": "'{}'"}
    replay = await a_replay(web, room_unit, feed, coop, **kept)
    before = (await web.client.get(f"/api/v1/replays/{replay}", headers=platform)).json()
    assert (before["sandbox"], before["legal_actions"]) == (coop, ["drop"])
    await drop(room_unit, coop)
    for _ in ("before metering hears of it", "and after"):
        now = (await web.client.get(f"/api/v1/replays/{replay}", headers=platform)).json()
        assert (now["state"], now["sandbox"], now["kept_until"]) == ("done", None, None)
        refused = await act(web, platform, replay, action="drop")
        assert (refused.status_code, refused.json()["legal_actions"]) == (409, [])
        await hear_of_drop(room_unit, coop)


async def test_a_sandbox_that_is_about_to_go_is_not_dropped_again_and_again(
    web: Web, room_unit: OpenUnit, coop: str
) -> None:
    platform = web.as_("operator", "*")
    feed = await a_ready_feed(web, room_unit, platform)
    replay = await a_replay(
        web, room_unit, feed, coop, state="'done'", kept_until="now() + interval '7 days'"
    )
    assert (await act(web, platform, replay, action="drop")).status_code == 200
    assert (await act(web, platform, replay, action="drop")).status_code == 409
