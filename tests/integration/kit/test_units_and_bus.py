"""The kit on real engines: what is committed is told once, what fails is retried, then kept for a person."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime

import psycopg
import pytest
from sqlalchemy import text

from contracts.members import ChannelsMapped, ContractChanged, MovedOut
from contracts.readings import ReadingsBatch
from deploy.engines import Engines
from services.kit import bus, delivered, provisioning
from services.kit.broker import connect
from services.kit.database import Database
from services.kit.ids import new_id
from services.kit.room import Room
from services.kit.unit import Unit, work_unit
from tests.conftest import OpenUnit

pytestmark = pytest.mark.engines


def moved_out(coop: str) -> MovedOut:
    return MovedOut(coop=coop, occupancy=new_id("occ"), dwelling=new_id("dwl"), moved_out_on=date(2026, 1, 5))


@asynccontextmanager
async def running(room: Room) -> AsyncIterator[Room]:
    task = asyncio.create_task(room.run())
    try:
        yield room
    finally:
        room.stopping.set()
        await task


@asynccontextmanager
async def relaying(engines: Engines) -> AsyncIterator[None]:
    """A members room without handlers: only its outbox relay works."""
    async with running(Room("members", engines.settings, engines.secrets)):
        yield


async def heard(queue: "asyncio.Queue[str]", count: int) -> list[str]:
    return [await asyncio.wait_for(queue.get(), 60) for _ in range(count)]


async def test_an_event_is_told_only_when_its_transaction_commits(
    engines: Engines, room_unit: OpenUnit, coop: str
) -> None:
    told: asyncio.Queue[str] = asyncio.Queue()
    room = Room("advice", engines.settings, engines.secrets)

    async def on_moved_out(event: MovedOut, unit: Unit) -> None:
        if event.coop == coop:
            told.put_nowait(event.occupancy)

    room.on(MovedOut, on_moved_out)
    kept, lost = moved_out(coop), moved_out(coop)
    async with relaying(engines), running(room):
        with pytest.raises(RuntimeError, match="changed my mind"):
            async with room_unit("members", coop) as unit:
                unit.emit(lost)
                raise RuntimeError("changed my mind")
        async with room_unit("members", coop) as unit:
            unit.emit(kept)
        assert await heard(told, 1) == [kept.occupancy]
        assert told.empty()


async def test_an_event_that_the_bus_refuses_holds_up_no_other(
    engines: Engines, room_unit: OpenUnit, coop: str
) -> None:
    told: asyncio.Queue[str] = asyncio.Queue()
    room = Room("advice", engines.settings, engines.secrets)

    async def on_moved_out(event: MovedOut, unit: Unit) -> None:
        if event.coop == coop:
            told.put_nowait(event.occupancy)

    room.on(MovedOut, on_moved_out)
    event, beyond_any_limit = moved_out(coop), ("x" * 2**20,) * 9
    too_large = ChannelsMapped(coop=coop, gateway=new_id("gtw"), channels=beyond_any_limit)
    async with room_unit("members", coop) as unit:
        refused = unit.emit(too_large)
        unit.emit(event)
    try:
        async with relaying(engines), running(room):
            assert await heard(told, 1) == [event.occupancy]
            later = moved_out(coop)
            async with room_unit("members", coop) as unit:
                unit.emit(later)
            assert await heard(told, 1) == [later.occupancy]
        waiting = text("SELECT id FROM members.outbox WHERE published_at IS NULL AND coop = :coop")
        async with room_unit("members", coop) as unit:
            assert list((await unit.session.execute(waiting, {"coop": coop})).scalars()) == [refused]
    finally:
        async with room_unit("members", coop) as unit:
            await unit.session.execute(text("DELETE FROM members.outbox WHERE id = :id"), {"id": refused})


async def test_a_repeated_event_is_handled_once(engines: Engines, room_unit: OpenUnit, coop: str) -> None:
    handled: asyncio.Queue[str] = asyncio.Queue()
    room = Room("aftersales", engines.settings, engines.secrets)

    async def on_moved_out(event: MovedOut, unit: Unit) -> None:
        if event.coop == coop:
            handled.put_nowait(event.occupancy)

    room.on(MovedOut, on_moved_out)
    event, last = moved_out(coop), moved_out(coop)
    async with relaying(engines), running(room):
        async with room_unit("members", coop) as unit:
            event_id = unit.emit(event)
        await heard(handled, 1)
        # The relay died after publishing, before marking; and JetStream's own dedupe window has passed.
        client = await connect("admin", engines.settings, engines.secrets)
        await client.jetstream().publish(
            MovedOut.subject, event.model_dump_json().encode(), headers={"ce-id": str(event_id)}
        )
        await client.close()
        async with room_unit("members", coop) as unit:
            unit.emit(last)
        assert await heard(handled, 1) == [last.occupancy]


async def test_events_that_come_together_share_a_transaction_and_one_that_fails_undoes_no_other(
    engines: Engines, room_unit: OpenUnit, coop: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bus, "RETRY_DELAYS_SECONDS", (0.01,))
    handled: asyncio.Queue[str] = asyncio.Queue()
    transactions: dict[str, set[int]] = {}
    room = Room("advice", engines.settings, engines.secrets)
    events = [moved_out(coop) for _ in range(200)]
    bad = events[40].occupancy

    async def on_moved_out(event: MovedOut, unit: Unit) -> None:
        if event.coop != coop:
            return
        assert unit.coop == coop
        number = (await unit.session.execute(text("SELECT txid_current()"))).scalar_one()
        transactions.setdefault(event.occupancy, set()).add(number)
        if event.occupancy == bad:
            raise RuntimeError("this one alone")
        handled.put_nowait(event.occupancy)

    room.on_frequent(MovedOut, on_moved_out)
    async with room_unit("members", coop) as unit:
        for event in events:
            unit.emit(event)
    async with relaying(engines), running(room):
        wanted = {event.occupancy for event in events} - {bad}
        done: set[str] = set()
        while done != wanted:
            done.add(await asyncio.wait_for(handled.get(), 60))
    last = [max(numbers) for occupancy, numbers in transactions.items() if occupancy != bad]
    assert len(set(last)) < len(last)


async def test_a_room_that_handles_together_keeps_the_order(
    engines: Engines, room_unit: OpenUnit, coop: str
) -> None:
    handled: asyncio.Queue[str] = asyncio.Queue()
    transactions: set[int] = set()
    room = Room("advice", engines.settings, engines.secrets)
    events = [
        moved_out(coop)
        if number % 2
        else ContractChanged(coop=coop, meter=new_id("mtr"), valid_from=date(2026, 1, 5))
        for number in range(100)
    ]

    async def on_any(event: MovedOut | ContractChanged, unit: Unit) -> None:
        if event.coop == coop:
            found = await unit.session.execute(text("SELECT txid_current()"))
            transactions.add(found.scalar_one())
            handled.put_nowait(event.occupancy if isinstance(event, MovedOut) else event.meter)

    room.handle_together()
    room.on(MovedOut, on_any)
    room.on(ContractChanged, on_any)
    async with room_unit("members", coop) as unit:
        for event in events:
            unit.emit(event)
    async with relaying(engines), running(room):
        told = await heard(handled, len(events))
    assert told == [event.occupancy if isinstance(event, MovedOut) else event.meter for event in events]
    assert len(transactions) < len(events)


async def test_frequent_events_that_do_not_concern_a_room_are_done_with_at_once(
    engines: Engines, room_unit: OpenUnit, coop: str
) -> None:
    handled: asyncio.Queue[str] = asyncio.Queue()
    room = Room("advice", engines.settings, engines.secrets)
    others, last = [moved_out(coop) for _ in range(5)], moved_out(coop)

    async def on_moved_out(event: MovedOut, unit: Unit) -> None:
        handled.put_nowait(event.occupancy)

    room.on_frequent(MovedOut, on_moved_out, concerns=lambda event: event.occupancy == last.occupancy)
    async with room_unit("members", coop) as unit:
        ids = [unit.emit(event) for event in (*others, last)]
    async with relaying(engines), running(room):
        assert await heard(handled, 1) == [last.occupancy]
    async with room_unit("advice") as unit:
        marked = await unit.session.execute(
            text("SELECT event_id FROM advice.inbox WHERE event_id = ANY(:ids)"), {"ids": ids}
        )
        assert set(marked.scalars()) == {ids[-1]}


async def test_a_failing_handler_is_retried_and_then_its_message_is_kept_aside(
    engines: Engines, room_unit: OpenUnit, coop: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bus, "RETRY_DELAYS_SECONDS", (0.01, 0.01))
    tries: asyncio.Queue[str] = asyncio.Queue()
    room = Room("notifications", engines.settings, engines.secrets)

    async def on_contract(event: ContractChanged, unit: Unit) -> None:
        if event.coop == coop:
            tries.put_nowait(event.meter)
            MovedOut.model_validate({})  # a rule that is wrong; the message itself can be read

    room.on(ContractChanged, on_contract)
    client = await connect("admin", engines.settings, engines.secrets)
    try:
        dead = await client.jetstream().subscribe("dead.notifications", deliver_policy="new")  # type: ignore[arg-type]
        event = ContractChanged(coop=coop, meter=new_id("mtr"), valid_from=date(2026, 1, 1))
        async with relaying(engines), running(room):
            async with room_unit("members", coop) as unit:
                unit.emit(event)
            await heard(tries, 3)
            message = await dead.next_msg(timeout=10)
        assert (message.headers or {})["palier-reason"] == "handler"
        assert ContractChanged.model_validate_json(message.data) == event
        assert tries.empty()
    finally:
        await client.close()


async def test_however_long_an_engine_is_away_no_message_is_given_up_for_it(
    engines: Engines, room_unit: OpenUnit, coop: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A dozen tries without a database, more than a wrong rule is given; then it is handled."""
    monkeypatch.setattr(bus, "OUTAGE_SECONDS", 0.01)
    monkeypatch.setattr(bus, "RETRY_DELAYS_SECONDS", (0.01, 0.01))
    tries: asyncio.Queue[str] = asyncio.Queue()
    handled: asyncio.Queue[str] = asyncio.Queue()
    room = Room("notifications", engines.settings, engines.secrets)

    async def on_contract(event: ContractChanged, unit: Unit) -> None:
        if event.coop != coop:
            return
        tries.put_nowait(event.meter)
        if tries.qsize() <= 12:
            raise psycopg.OperationalError("the server closed the connection")
        handled.put_nowait(event.meter)

    room.on(ContractChanged, on_contract)
    event = ContractChanged(coop=coop, meter=new_id("mtr"), valid_from=date(2026, 1, 1))
    async with relaying(engines), running(room):
        async with room_unit("members", coop) as unit:
            unit.emit(event)
        assert await heard(handled, 1) == [event.meter]
    assert tries.qsize() == 13


async def test_what_a_living_process_works_on_for_long_stays_its_own(
    engines: Engines, room_unit: OpenUnit, coop: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Messages of a dead one come again soon: who lives says so meanwhile."""
    monkeypatch.setattr(provisioning, "ACK_WAIT_SECONDS", 1.5)
    monkeypatch.setattr(delivered, "ACK_WAIT_SECONDS", 1.5)
    tries: asyncio.Queue[str] = asyncio.Queue()
    done = asyncio.Event()
    room = Room("notifications", engines.settings, engines.secrets)

    async def on_contract(event: ContractChanged, unit: Unit) -> None:
        if event.coop == coop:
            tries.put_nowait(event.meter)
            await asyncio.sleep(4)
            done.set()

    room.on(ContractChanged, on_contract)
    client = await connect("admin", engines.settings, engines.secrets)
    js = client.jetstream()
    event = ContractChanged(coop=coop, meter=new_id("mtr"), valid_from=date(2026, 1, 1))
    async with relaying(engines), running(room):
        async with room_unit("members", coop) as unit:
            unit.emit(event)
        await asyncio.wait_for(done.wait(), 60)
        info = await js.consumer_info("EVENTS", "notifications")
        assert info.config.ack_wait == 1.5
    await client.close()
    assert tries.qsize() == 1, "it was given to another although its worker lives"


async def test_what_waits_behind_long_work_is_not_given_twice(
    engines: Engines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provisioning, "ACK_WAIT_SECONDS", 3.0)
    monkeypatch.setattr(delivered, "ACK_WAIT_SECONDS", 3.0)
    taken: asyncio.Queue[int] = asyncio.Queue()
    room = Room("metering", engines.settings, engines.secrets)
    coop = "c" + new_id("x")[-12:]

    async def store(events: list[ReadingsBatch], unit: Unit) -> None:
        for event in events:
            if event.coop == coop:
                taken.put_nowait(event.messages)
                await asyncio.sleep(7 if event.messages == 1 else 0)

    room.on_batch(ReadingsBatch, store, batch=8, wait_seconds=0)
    client = await connect("admin", engines.settings, engines.secrets)
    js = client.jetstream()

    async def send(number: int) -> None:
        at = datetime(2026, 1, 5, tzinfo=UTC)
        batch = ReadingsBatch(coop=coop, received_at=at, messages=number, readings=())
        await js.publish("readings.v1", batch.model_dump_json().encode())

    async with running(room):
        await send(1)
        assert await asyncio.wait_for(taken.get(), 60) == 1
        await send(2)
        assert await asyncio.wait_for(taken.get(), 60) == 2
        await asyncio.sleep(4)
    assert taken.empty(), "it was delivered again while it waited"
    await client.close()


async def test_one_poisonous_message_does_not_hold_its_neighbours(engines: Engines) -> None:
    """Metering's batch consumer: garbage is buried, a failing batch is retried one by one."""
    stored: asyncio.Queue[int] = asyncio.Queue()
    room = Room("metering", engines.settings, engines.secrets)
    coop = "c" + new_id("x")[-12:]

    async def store(events: list[ReadingsBatch], unit: Unit) -> None:
        mine = [event for event in events if event.coop == coop]
        if any(event.messages == 13 for event in mine) and len(events) > 1:
            raise RuntimeError("not in company")
        for event in mine:
            stored.put_nowait(event.messages)

    room.on_batch(ReadingsBatch, store)
    client = await connect("admin", engines.settings, engines.secrets)
    js = client.jetstream()
    for number in (1, 13, 2):
        batch = ReadingsBatch(
            coop=coop, received_at=datetime(2026, 1, 5, tzinfo=UTC), messages=number, readings=()
        )
        await js.publish("readings.v1", batch.model_dump_json().encode())
    await js.publish("readings.v1", b"{not json")
    async with running(room):
        seen = {await asyncio.wait_for(stored.get(), 60) for _ in range(3)}
    assert seen >= {1, 2, 13}
    await client.close()


async def test_a_web_role_sees_its_own_cooperative_only(
    engines: Engines, room_unit: OpenUnit, coop: str
) -> None:
    assert engines.settings.database_url
    web = Database(engines.settings.database_url, engines.secrets, "members_web")

    async def slugs(scope: str | None) -> set[str]:
        async with web.transaction() as session:
            if scope is not None:
                await session.execute(text("SELECT set_config('palier.coop', :c, true)"), {"c": scope})
            return set((await session.execute(text("SELECT coop FROM members.coop"))).scalars())

    try:
        assert await slugs(None) == set()
        assert await slugs(coop) == {coop}
        assert await slugs("another") == set()
        assert coop in await slugs("*")
    finally:
        await web.close()


async def test_every_table_of_every_room_is_protected(engines: Engines) -> None:
    """A table without forced row-level security would leak a neighbour's cooperative."""
    import psycopg

    url = str(engines.settings.database_url)
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            """
            SELECT n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname IN ('members', 'metering', 'advice', 'aftersales', 'notifications')
              AND c.relkind IN ('r', 'p') AND NOT (c.relrowsecurity AND c.relforcerowsecurity)
              AND c.relname NOT IN ('inbox', 'idempotency')
            """
        ).fetchall()
        assert rows == []
        bypass = connection.execute(
            "SELECT rolname FROM pg_roles WHERE (rolname LIKE '%%\\_web' OR rolname LIKE '%%\\_work')"
            " AND (rolbypassrls OR rolsuper OR rolcreaterole)"
        ).fetchall()
        assert bypass == []


async def test_a_unit_can_only_enter_a_cooperative_it_may_know(
    engines: Engines, room_unit: OpenUnit, coop: str
) -> None:
    from services.kit.clock import system
    from services.kit.problems import Problem

    assert engines.settings.database_url
    database = Database(engines.settings.database_url, engines.secrets, "members_work")
    try:
        async with work_unit(database, "members", system) as unit:
            await unit.enter(coop)
            assert unit.coop == coop
            with pytest.raises(Problem):
                await unit.enter("nobody-has-this-name")
    finally:
        await database.close()
