"""Files of past consumption through the API and the worker, on the real database."""

import asyncio
import gc
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any, cast

import pytest
from sqlalchemy import text

from contracts.codes import FileReason, Role
from contracts.readings import Reading
from services.kit.ids import new_id
from services.kit.principal import SESSION_COOKIE, Principal
from services.kit.room import Room
from services.metering import forgetting, partitions, personal
from services.metering.files import BadLine
from services.metering.imports import worker as working
from services.metering.packing import unpack
from tests.conftest import OpenUnit, Web
from tests.integration.metering.files_of_homes import (
    PRM,
    Worker,
    amount_wh,
    bring,
    counts,
    enedis,
    half_hours,
    imported,
    said,
    watts,
)
from tests.integration.metering.homes import (
    Home,
    a_home,
    days,
    reading,
    rows,
    send,
    settle_all,
    state,
    told,
    withdraw,
)

pytestmark = pytest.mark.engines

FIRST = date(2024, 3, 1)


@pytest.fixture
def worker(room_unit: OpenUnit) -> Worker:
    return Worker(room_unit)


def slots_of(row: Any) -> list[int | None]:
    return [slot.value for slot in unpack(row.packed)]


def resident(web: Web, home: Home) -> dict[str, str]:
    return web.as_("resident", home.coop, home.person)


async def test_two_years_of_a_household_appear_and_a_second_time_changes_nothing(
    web: Web, room_unit: OpenUnit, coop: str, worker: Worker
) -> None:
    home = await a_home(room_unit, coop)
    them = resident(web, home)
    file = enedis(FIRST, 731)
    found = await imported(web, them, home, file, worker, filename=f"mes-mesures_{PRM}.csv")
    rows_in_file = len(half_hours(FIRST, 731))
    assert (found["state"], counts(found)) == ("done", {"accepted": rows_in_file})
    assert (found["first_day"], found["last_day"]) == ("2024-03-01", "2026-03-01")
    assert found["accepted_value"] == round(amount_wh(FIRST, 731))
    assert (found["found"]["format"], found["found"]["step_s"]) == ("enedis_csv", 1_800)
    assert found["rows"] == found["rows_total"] == rows_in_file
    assert found["bytes_read"] == found["bytes_total"] == len(file)
    await settle_all(room_unit)
    kept = await days(room_unit, home)
    assert sorted({row.slots for row in kept.values()}) == [46, 48, 50]
    assert sum(row.value for row in kept.values()) == pytest.approx(amount_wh(FIRST, 731), abs=len(kept))
    assert {row.revision for row in kept.values()} == {1}

    again = await imported(web, them, home, file, worker)
    assert (again["state"], counts(again)) == ("done", {"duplicate": rows_in_file})
    assert await settle_all(room_unit) == 0


@pytest.mark.parametrize(("begins", "stamp"), [("00:00", "start"), ("00:30", "end")])
async def test_what_was_decided_of_the_times_is_shown(
    web: Web, room_unit: OpenUnit, coop: str, worker: Worker, begins: str, stamp: str
) -> None:
    home = await a_home(room_unit, coop)
    row = "2024-04-10;2024-04-11;EA;CONS;Wh;2024-04-10T{at}:00+02:00;10;R;PT30M"
    header = "Date de début;Date de fin;Grandeur physique;Grandeur métier;Unité;Horodate;Valeur;Nature;Pas"
    file = "\n".join([header, row.format(at=begins), row.format(at="01:00"), ""]).encode()
    found = await imported(web, resident(web, home), home, file, worker)
    assert (found["state"], found["found"]["format"]) == ("done", "enedis_r63")
    assert found["found"]["stamp"] == stamp


async def test_a_register_needs_no_word_about_starts_and_ends(
    web: Web, room_unit: OpenUnit, coop: str, worker: Worker
) -> None:
    home = await a_home(room_unit, coop)
    them = resident(web, home)
    file = b"t;v\n2024-04-10T00:00:00+02:00;1000\n2024-04-10T00:30:00+02:00;1001\n"
    columns = {"time_column": "t", "value_column": "v", "unit": "kWh"}
    found = await imported(web, them, home, file, worker, **columns, kind="register")
    assert (found["state"], counts(found)) == ("done", {"accepted": 1})
    assert (found["found"]["kind"], found["found"]["stamp"]) == ("register", None)
    refused = await bring(web, them, home, file, status=422, **columns)
    assert [error["pointer"] for error in refused["errors"]] == ["/stamp"]


async def test_what_a_file_calls_estimated_is_shown_so_until_a_measured_value_comes(
    web: Web, room_unit: OpenUnit, coop: str, worker: Worker
) -> None:
    home = await a_home(room_unit, coop)
    them = resident(web, home)
    lines = enedis(FIRST, 2).decode().splitlines()
    at = lines.index("Horodate;Valeur")
    marked = [f"{line};{'E' if n < 4 else 'R'}" for n, line in enumerate(lines[at + 1 :])]
    estimated = "\r\n".join([*lines[:at], "Horodate;Valeur;Nature", *marked]).encode()
    found = await imported(web, them, home, estimated, worker)
    assert (counts(found), found["found"]["estimated"]) == ({"accepted": 96}, 4)
    await settle_all(room_unit)
    day = (await days(room_unit, home))[FIRST]
    assert day.quality == {"measured": 44, "estimated": 4}
    before = day.value
    assert counts(await imported(web, them, home, estimated, worker)) == {"duplicate": 96}

    half_hour = half_hours(FIRST, 1)[0]
    read = enedis(FIRST, 2, more={half_hour: str(watts(half_hour) + 40)})
    assert counts(await imported(web, them, home, read, worker)) == {"accepted": 4, "duplicate": 92}
    await settle_all(room_unit)
    day = (await days(room_unit, home))[FIRST]
    assert (day.quality, day.value) == ({"measured": 48}, before + 20)
    # the estimate again: what was measured stands, and is not disputed
    assert counts(await imported(web, them, home, estimated, worker)) == {"duplicate": 96}


async def test_nothing_of_the_file_or_its_name_is_kept(
    web: Web, room_unit: OpenUnit, coop: str, worker: Worker
) -> None:
    home = await a_home(room_unit, coop)
    found = await imported(
        web, resident(web, home), home, enedis(FIRST, 2), worker, filename=f"{PRM}_courbe.csv"
    )
    assert found["state"] == "done"
    assert PRM not in str(
        await rows(room_unit, "SELECT * FROM metering.file_import WHERE meter = :m", m=home.meter)
    )
    assert not await rows(room_unit, 'SELECT 1 FROM metering.file_chunk WHERE "import" = :id', id=found["id"])


async def test_overlaps_in_any_order_are_duplicates_and_another_value_is_a_conflict(
    web: Web, room_unit: OpenUnit, coop: str, worker: Worker
) -> None:
    home = await a_home(room_unit, coop)
    them = resident(web, home)
    late = await imported(web, them, home, enedis(FIRST + timedelta(days=5), 10), worker)
    wrong = {half_hours(FIRST, 10)[6 * 48]: "5000", half_hours(FIRST, 10)[0]: "abc"}
    early = await imported(web, them, home, enedis(FIRST, 10, more=wrong), worker)
    assert counts(late) == {"accepted": 480}
    assert counts(early) == {"accepted": 239, "duplicate": 239, "conflict": 1, "refused": 1}
    assert early["refusals"][0]["line"] == 4
    assert early["refusals"][0]["reason"] == "not_a_number"
    await settle_all(room_unit)
    kept = await days(room_unit, home)
    assert len(kept) == 15
    assert kept[FIRST + timedelta(days=6)].value == pytest.approx(
        amount_wh(FIRST + timedelta(days=6), 1), abs=1
    )
    shown = await web.client.get(
        f"/api/v1/meters/{home.meter}/curve", params={"day": "2024-03-07"}, headers=them
    )
    assert [one["other_milli"] for one in shown.json()["disagreements"]] == [2_500_000]


async def test_refused_lines_are_told_in_the_order_of_the_file(
    web: Web, room_unit: OpenUnit, coop: str, worker: Worker
) -> None:
    """A negative value is found later than a word where a number belongs."""
    home = await a_home(room_unit, coop)
    more = b"2024-05-01T00:30:00+02:00;-5\r\n2024-05-01T01:00:00+02:00;abc\r\n2024-05-01T01:30:00+02:00;7\r\n"
    found = await imported(web, resident(web, home), home, enedis(FIRST, 1).rstrip() + b"\r\n" + more, worker)
    assert [one["reason"] for one in found["refusals"]] == ["negative", "not_a_number"]
    lines = [one["line"] for one in found["refusals"]]
    assert lines == sorted(lines)


async def test_a_dry_run_says_what_would_change_and_changes_nothing(
    web: Web, room_unit: OpenUnit, coop: str, worker: Worker
) -> None:
    home = await a_home(room_unit, coop)
    them = resident(web, home)
    await imported(web, them, home, enedis(FIRST, 2), worker)
    found = await imported(web, them, home, enedis(FIRST, 3), worker, dry_run=True)
    assert found["dry_run"] is True
    assert counts(found) == {"accepted": 48, "duplicate": 96}
    stored = await rows(
        room_unit, "SELECT count(*) AS n FROM metering.reading WHERE meter = :m", m=home.meter
    )
    assert stored[0].n == 96
    assert found["legal_actions"] == []


async def test_a_worker_that_dies_is_followed_by_one_that_goes_on_where_it_was(
    web: Web, room_unit: OpenUnit, coop: str, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = await a_home(room_unit, coop)
    them = resident(web, home)
    started = await bring(web, them, home, enedis(FIRST, 365))
    reached = asyncio.Event()
    keep = working._keep
    stretches = 0

    async def keep_two(*args: Any) -> None:
        nonlocal stretches
        stretches += 1
        if stretches == 3:
            reached.set()
            await asyncio.Event().wait()
        await keep(*args)

    monkeypatch.setattr(working, "_keep", keep_two)
    task = asyncio.create_task(worker.work())
    await reached.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    half = await said(web, them, started["id"])
    assert half["state"] == "storing"
    assert 0 < half["rows"] < half["rows_total"]
    assert not await worker.work()  # the lease still holds

    async with room_unit("metering") as unit:
        await unit.session.execute(
            text("UPDATE metering.file_import SET leased_until = now() - interval '1 s' WHERE id = :id"),
            {"id": started["id"]},
        )
    monkeypatch.setattr(working, "_keep", keep)
    assert await worker.work() == 1
    found = await said(web, them, started["id"])
    assert (found["state"], counts(found)) == ("done", {"accepted": 365 * 48})


async def test_before_an_import_is_taken_back_the_days_it_cannot_reach_are_named(
    web: Web, room_unit: OpenUnit, coop: str, worker: Worker
) -> None:
    home = await a_home(room_unit, coop)
    them = resident(web, home) | {"Accept-Language": "en"}
    first = date(2007, 10, 30)  # a month of this test's own
    brought = await imported(web, them, home, enedis(first, 4), worker)
    await settle_all(room_unit)
    assert (await said(web, them, brought["id"]))["stays"] == []
    async with room_unit("metering") as unit:
        await unit.session.execute(text("SELECT metering.drop_reading_partition('2007-11-01', '2007-12-01')"))
        partitions._known.until = 0.0
    before = {day: row.value for day, row in (await days(room_unit, home)).items()}

    (stay,) = (await said(web, them, brought["id"]))["stays"]
    assert (stay["first_day"], stay["last_day"]) == ("2007-10-31", "2007-11-02")
    assert stay["reason"] == "readings_gone"
    assert "readings were deleted" in stay["text"] or "relevés ont été effacés" in stay["text"]
    cookie = new_id("ses")
    web.tokens.sessions[cookie] = Principal(home.person, Role.RESIDENT, coop, "Foyer 12", "en", "x")
    page = await web.client.get(f"/imports/{brought['id']}", headers={"Cookie": f"{SESSION_COOKIE}={cookie}"})
    assert "From 31 October 2007 to 2 November 2007" in page.text
    assert "Some days can no longer change" in page.text

    await web.client.post(f"/api/v1/imports/{brought['id']}/actions", json={"action": "undo"}, headers=them)
    await worker.work()
    assert (await said(web, them, brought["id"]))["reason"] == "undone_partly"
    await settle_all(room_unit)
    after = {day: row.value for day, row in (await days(room_unit, home)).items()}
    assert after == before | {first: 0}


async def test_what_is_cancelled_while_it_is_read_leaves_no_fault_behind(
    web: Web, room_unit: OpenUnit, coop: str, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = await a_home(room_unit, coop)
    them = resident(web, home)
    started = await bring(web, them, home, enedis(FIRST, 3))
    faults: list[dict[str, Any]] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, fault: faults.append(fault))
    is_reading, goes_on, has_ended = threading.Event(), threading.Event(), threading.Event()
    read = cast(Any, working).read

    def slowly(*args: Any) -> Iterator[Any]:
        is_reading.set()
        try:
            for item in read(*args):
                goes_on.wait(20)
                yield item
        finally:
            has_ended.set()

    monkeypatch.setattr(working, "read", slowly)
    monkeypatch.setattr(working, "_BEAT_SECONDS", 0.05)
    task = asyncio.create_task(worker.work())
    await asyncio.to_thread(is_reading.wait, 20)
    answer = await web.client.post(
        f"/api/v1/imports/{started['id']}/actions", json={"action": "cancel"}, headers=them
    )
    assert answer.json()["state"] == "cancelled"
    assert await task == 1
    goes_on.set()
    await asyncio.to_thread(has_ended.wait, 20)
    for _ in range(20):  # the thread's end comes back to the loop
        await asyncio.sleep(0.01)
        gc.collect()
    loop.set_exception_handler(None)
    assert faults == []


async def test_the_zone_in_which_local_times_were_read_is_told(
    web: Web, room_unit: OpenUnit, coop: str, worker: Worker
) -> None:
    home = await a_home(room_unit, coop)
    them = resident(web, home)

    async def zone_of(time: str, **query: str) -> str | None:
        file = f"time,Import T1 kWh\n{time.format('00:00')},1\n{time.format('00:15')},2\n".encode()
        found = await imported(web, them, home, file, worker, dry_run="true", **query)
        return cast(str | None, found["found"]["zone"])

    assert await zone_of("2024-03-01 {}") == "Europe/Paris"
    assert await zone_of("2024-03-01 {}", zone="Europe/Lisbon") == "Europe/Lisbon"
    assert await zone_of("2024-03-01T{}+01:00") is None


async def test_a_file_can_be_stopped_and_taken_back(
    web: Web, room_unit: OpenUnit, coop: str, worker: Worker
) -> None:
    home = await a_home(room_unit, coop)
    them = resident(web, home)
    kept = await imported(web, them, home, enedis(FIRST, 3), worker)
    wrong = await imported(web, them, home, enedis(FIRST + timedelta(days=1), 4), worker)
    assert counts(wrong) == {"accepted": 96, "duplicate": 96}
    await settle_all(room_unit)
    assert len(await days(room_unit, home)) == 5

    answer = await web.client.post(
        f"/api/v1/imports/{wrong['id']}/actions", json={"action": "undo"}, headers=them
    )
    assert answer.json()["state"] == "undoing"
    assert await worker.work() == 1
    gone = await said(web, them, wrong["id"])
    assert (gone["state"], gone["reason"]) == ("undone", "undone")
    await settle_all(room_unit)
    left = await days(room_unit, home)
    assert {day: row.value > 0 for day, row in left.items() if row.value} == {
        FIRST + timedelta(days=n): True for n in range(3)
    }
    assert (await told(room_unit, home))[-1].value == 0

    waiting = await bring(web, them, home, enedis(FIRST, 1))
    stopped = await web.client.post(
        f"/api/v1/imports/{waiting['id']}/actions", json={"action": "cancel"}, headers=them
    )
    assert stopped.json()["state"] == "cancelled"
    assert await worker.work() == 0
    refused = await web.client.post(
        f"/api/v1/imports/{waiting['id']}/actions", json={"action": "cancel"}, headers=them
    )
    assert (refused.status_code, refused.json()["legal_actions"]) == (409, [])
    assert (await said(web, them, kept["id"]))["legal_actions"] == ["undo"]


async def test_only_the_households_own_period_is_kept(
    web: Web, room_unit: OpenUnit, coop: str, worker: Worker
) -> None:
    home = await a_home(room_unit, coop, moved_in_on=FIRST + timedelta(days=3))
    found = await imported(web, resident(web, home), home, enedis(FIRST, 5), worker)
    assert counts(found) == {"accepted": 96, "outside_occupancy": 144}
    before = await imported(web, resident(web, home), home, enedis(FIRST, 2), worker)
    assert (before["state"], before["reason"]) == ("failed", "outside_occupancy")
    assert before["message"].startswith("Ce fichier parle d’une autre période")


async def test_without_leave_nothing_is_taken_and_a_withdrawal_stops_what_waits(
    web: Web, room_unit: OpenUnit, coop: str, worker: Worker
) -> None:
    home = await a_home(room_unit, coop, consents=("daily",))
    them = resident(web, home)
    started = await bring(web, them, home, enedis(FIRST, 2))
    await withdraw(room_unit, home, "daily")
    await worker.work()
    found = await said(web, them, started["id"])
    assert (found["state"], found["reason"], counts(found)) == ("failed", "no_consent", {"no_consent": 96})
    refused = await bring(web, them, home, enedis(FIRST, 2), status=409)
    assert (refused["code"], refused["legal_actions"]) == ("no_consent", ["consent"])


async def test_an_operators_import_is_written_where_the_household_reads_it(
    web: Web, room_unit: OpenUnit, coop: str, worker: Worker
) -> None:
    home = await a_home(room_unit, coop)
    operator = web.as_("operator", coop)
    found = await imported(web, operator, home, enedis(FIRST, 2), worker)
    assert found["state"] == "done"
    them = resident(web, home)
    uses = await web.client.get(f"/api/v1/occupancies/{home.occupancy}/data-uses", headers=them)
    assert [(use["why"], use["purpose"]) for use in uses.json()["items"]] == [("imported", "half_hourly")]
    seen = await web.client.get(f"/api/v1/meters/{home.meter}/imports", headers=them)
    assert [(one["id"], one["legal_actions"]) for one in seen.json()["items"]] == [(found["id"], [])]


async def test_what_comparing_a_file_tells_an_operator_is_written_down_too(
    web: Web, room_unit: OpenUnit, coop: str, worker: Worker
) -> None:
    """A dry run, or a file that agrees, says what the household used as well as its curve does."""
    home = await a_home(room_unit, coop)
    them, operator = resident(web, home), web.as_("operator", coop)
    await imported(web, them, home, enedis(FIRST, 2), worker)
    for query in ({"dry_run": "true"}, {}):
        found = await imported(web, operator, home, enedis(FIRST, 1), worker, **query)
        assert counts(found) == {"duplicate": 48}
    uses = await web.client.get(f"/api/v1/occupancies/{home.occupancy}/data-uses", headers=them)
    assert [(use["why"], use["purpose"], use["uses"]) for use in uses.json()["items"]] == [
        ("quality_control", "half_hourly", 2)
    ]


async def test_of_an_operators_file_nobody_learns_what_those_before_them_used(
    web: Web, room_unit: OpenUnit, coop: str, worker: Worker
) -> None:
    before = await a_home(room_unit, coop, moved_out_on=FIRST + timedelta(days=4))
    home = await moved_into(room_unit, before, FIRST + timedelta(days=5))
    found = await imported(web, web.as_("operator", coop), before, enedis(FIRST, 10), worker)
    assert found["accepted_value"] == round(amount_wh(FIRST, 10))
    for household in (before, home):
        shown = await said(web, resident(web, household), found["id"])
        assert shown["accepted_value"] is None
        assert shown["refusals"] == []


async def test_many_files_of_one_person_do_not_keep_another_waiting(
    web: Web, room_unit: OpenUnit, coop: str, worker: Worker
) -> None:
    greedy, modest = await a_home(room_unit, coop), await a_home(room_unit, coop)
    for number in range(4):
        await bring(web, resident(web, greedy), greedy, enedis(FIRST + timedelta(days=number), 1))
    one = await bring(web, resident(web, modest), modest, enedis(FIRST, 1))
    for _ in range(2):
        assert await working.work_once(cast(Room, worker))
    assert (await said(web, resident(web, modest), one["id"]))["state"] == "done"
    await worker.work()


async def test_nobody_fills_the_database_with_what_waits(
    web: Web, room_unit: OpenUnit, coop: str, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, second = await a_home(room_unit, coop), await a_home(room_unit, coop)
    file = enedis(FIRST, 2)
    monkeypatch.setattr("services.metering.imports.actions.MOST_WAITING_BYTES", len(file) * 3 // 2)
    operator = web.as_("operator", coop)
    await bring(web, operator, home, file)
    refused = await bring(web, operator, second, file, status=409)
    assert refused["code"] == "too_many_waiting"
    await bring(web, resident(web, second), second, file)
    await worker.work()
    await bring(web, operator, second, file)
    await worker.work()


async def test_a_file_that_takes_for_ever_is_given_up(
    web: Web, room_unit: OpenUnit, coop: str, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(working, "MOST_READING_SECONDS", 0.0)
    home = await a_home(room_unit, coop)
    monkeypatch.setattr(working, "read", endless)
    found = await imported(web, resident(web, home), home, enedis(FIRST, 1), worker)
    assert (found["state"], found["reason"]) == ("failed", "too_large")


def endless(*_: Any) -> Any:
    while True:
        yield BadLine(1, FileReason.WRONG_SHAPE, "")


async def moved_into(room_unit: OpenUnit, home: Home, day: date) -> Home:
    """Another household in the same dwelling, from that day on."""
    other = await a_home(room_unit, home.coop, moved_in_on=day)
    async with room_unit("members") as unit:
        await unit.session.execute(
            text("UPDATE members.occupancy SET dwelling = :dwelling WHERE id = :occupancy"),
            {"dwelling": home.dwelling, "occupancy": other.occupancy},
        )
    return Home(home.coop, home.dwelling, home.meter, other.occupancy, other.person)


async def test_others_do_not_learn_that_it_exists(web: Web, room_unit: OpenUnit, coop: str) -> None:
    home, other = await a_home(room_unit, coop), await a_home(room_unit, coop)
    started = await bring(web, resident(web, home), home, enedis(FIRST, 1))
    for headers in (resident(web, other), web.as_("operator", "elsewhere")):
        assert (await web.client.get(f"/api/v1/imports/{started['id']}", headers=headers)).status_code == 404
        await bring(web, headers, home, enedis(FIRST, 1), status=404)
    assert (
        await web.client.get(f"/api/v1/imports/{started['id']}", headers=web.as_("staff", coop))
    ).status_code == 403


async def test_what_cannot_be_read_or_is_too_large_is_told_in_words(
    web: Web, room_unit: OpenUnit, coop: str, worker: Worker
) -> None:
    home = await a_home(room_unit, coop)
    them = resident(web, home) | {"Accept-Language": "en"}
    strange = await bring(web, them, home, b"\x89PNG\r\n\x1a\n" + bytes(500), status=422)
    assert strange["code"] == "unreadable_file"
    large = await web.client.post(
        f"/api/v1/meters/{home.meter}/imports", headers=them | {"Content-Length": "100000001"}, content=b"x"
    )
    assert large.status_code == 413
    assert "100 MB" in large.json()["title"]
    water = await a_home(room_unit, coop, fluid="water")
    wrong = await bring(web, resident(web, water), water, enedis(FIRST, 1), status=422)
    assert wrong["errors"][0]["code"] == "wrong_quantity"
    gas = await a_home(room_unit, coop, fluid="gas")  # has kWh too, but not those of a Linky
    wrong = await bring(web, resident(web, gas), gas, enedis(FIRST, 1), status=422)
    assert wrong["errors"][0]["code"] == "wrong_quantity"


async def test_a_file_is_not_the_meters_voice(
    web: Web, room_unit: OpenUnit, coop: str, worker: Worker
) -> None:
    home = await a_home(room_unit, coop)
    them = resident(web, home)
    await imported(web, them, home, enedis(FIRST, 2), worker)
    heard = await state(room_unit, home)
    assert (heard.watermark, heard.received, heard.stored) == (None, 0, 0)
    await send(room_unit, coop, [reading(home, datetime(2026, 1, 5, tzinfo=UTC), 1_000)])
    spoken = await state(room_unit, home)
    assert spoken.watermark == datetime(2026, 1, 5, tzinfo=UTC)
    await imported(web, them, home, enedis(FIRST, 4), worker)
    assert await state(room_unit, home) == spoken


async def test_of_a_household_that_allows_totals_only_a_repeated_file_is_compared_with_them(
    web: Web, room_unit: OpenUnit, coop: str, worker: Worker
) -> None:
    home = await a_home(room_unit, coop, consents=("daily",))
    them = resident(web, home)
    await imported(web, them, home, enedis(FIRST, 4), worker)
    await settle_all(room_unit)
    async with room_unit("metering", coop) as unit:
        await forgetting.freeze_daily_only(unit)
    assert all(row.is_frozen for row in (await days(room_unit, home)).values())
    again = await imported(web, them, home, enedis(FIRST, 4), worker)
    assert counts(again) == {"duplicate": 192}
    other = dict.fromkeys(half_hours(FIRST, 1), "9000")
    differs = await imported(web, them, home, enedis(FIRST, 4, more=other), worker)
    assert counts(differs) == {"duplicate": 144, "conflict": 48}


async def test_two_workers_never_take_the_same_file(
    web: Web, room_unit: OpenUnit, coop: str, worker: Worker
) -> None:
    home = await a_home(room_unit, coop)
    for _ in range(3):
        await bring(web, resident(web, home), home, enedis(FIRST, 3))
    taken = await asyncio.gather(*(working.work_once(cast(Room, worker)) for _ in range(3)))
    assert taken == [True, True, True]
    found = await web.client.get(f"/api/v1/meters/{home.meter}/imports", headers=resident(web, home))
    told_of = [counts(one) for one in found.json()["items"]]
    assert sum(one.get("accepted", 0) for one in told_of) == 144
    assert sum(one.get("duplicate", 0) for one in told_of) == 288


async def test_a_household_that_withdraws_or_is_erased_leaves_no_import_behind(
    web: Web, room_unit: OpenUnit, coop: str, worker: Worker
) -> None:
    home = await a_home(room_unit, coop)
    them = resident(web, home)
    await imported(web, them, home, enedis(FIRST, 2), worker)
    await bring(web, them, home, enedis(FIRST, 4))
    operators = await bring(web, web.as_("operator", coop), home, enedis(FIRST, 4))
    async with room_unit("metering") as unit:
        exported = await personal.export(unit, home.person)
    assert [one["accepted"] for one in exported["imports"]] == [96, 0]
    async with room_unit("metering") as unit:
        await forgetting.all_of(unit, home.occupancy)
    assert await worker.work() == 0
    left = await rows(room_unit, "SELECT 1 FROM metering.file_import WHERE meter = :meter", meter=home.meter)
    chunks = await rows(
        room_unit, 'SELECT 1 FROM metering.file_chunk WHERE "import" = :id', id=operators["id"]
    )
    assert (left, chunks) == ([], [])


async def test_a_file_of_day_totals_does_not_dispute_the_half_hours_of_another(
    web: Web, room_unit: OpenUnit, coop: str, worker: Worker
) -> None:
    home = await a_home(room_unit, coop)
    them = resident(web, home)
    await imported(web, them, home, enedis(FIRST, 4), worker)
    totals = "jour;kWh\n" + "".join(
        f"{FIRST + timedelta(days=n)};{amount_wh(FIRST + timedelta(days=n), 1) / 1_000}\n" for n in range(6)
    )
    found = await imported(
        web, them, home, totals.encode(), worker, time_column="jour", value_column="kWh", unit="kWh",
        stamp="start", kind="interval", date_order="dmy",
    )  # fmt: skip
    assert counts(found) == {"accepted": 6}
    await settle_all(room_unit)
    kept = await days(room_unit, home)
    assert len(kept) == 6
    assert {row.quality["measured"] for row in list(kept.values())[:4]} == {48}
    for day, row in kept.items():
        assert row.value == pytest.approx(amount_wh(day, 1), abs=1)
        assert not any(slot.is_conflict for slot in unpack(row.packed))


async def test_a_signed_in_household_sends_a_large_file_by_a_plain_form(
    web: Web, room_unit: OpenUnit, coop: str, worker: Worker
) -> None:
    home = await a_home(room_unit, coop)
    cookie = new_id("ses")
    web.tokens.sessions[cookie] = Principal(
        home.person, Role.RESIDENT, coop, "Foyer 12", "fr", "anti-forgery"
    )
    headers = {"Cookie": f"{SESSION_COOKIE}={cookie}", "Origin": "https://palier.test"}
    file = enedis(date(2016, 3, 1), 3_000)
    assert len(file) > 4_000_000
    for token, status in (("wrong", 403), ("anti-forgery", 303)):
        answer = await web.client.post(
            "/imports",
            headers=headers,
            data={"csrf_token": token, "meter": home.meter},
            files={"file": (f"{PRM}.csv", file, "text/csv")},
        )
        assert answer.status_code == status, answer.text
    await worker.work()
    them = resident(web, home)
    seen = await web.client.get(f"/api/v1/meters/{home.meter}/imports", headers=them)
    assert [one["accepted"] for one in seen.json()["items"]] == [len(half_hours(date(2016, 3, 1), 3_000))]


async def test_a_file_and_the_same_days_over_mqtt_are_the_file_alone_in_either_order(
    web: Web, room_unit: OpenUnit, coop: str, worker: Worker
) -> None:
    alone, before, after = [await a_home(room_unit, coop) for _ in range(3)]
    file = enedis(FIRST, 3)

    def lived(home: Home) -> list[Reading]:
        """The meter's own register, which says a little more than the file in each half-hour."""
        index, found = 100_000.0, []
        for at in half_hours(FIRST, 3):
            found.append(reading(home, at, index))
            index += watts(at) / 2 + 40
        return [*found, reading(home, half_hours(FIRST, 4)[144], index)]

    await imported(web, resident(web, alone), alone, file, worker)
    await send(room_unit, coop, lived(before))
    await settle_all(room_unit)
    await imported(web, resident(web, before), before, file, worker)
    await imported(web, resident(web, after), after, file, worker)
    await settle_all(room_unit)
    await send(room_unit, coop, lived(after))
    await settle_all(room_unit)
    expected = [slots_of(row) for row in (await days(room_unit, alone)).values()]
    assert len(expected) == 3
    for home in (before, after):
        kept = await days(room_unit, home)
        assert [slots_of(row) for row in kept.values()] == expected
        assert [row.findings is not None for row in kept.values()] == [True] * 3  # both are shown
