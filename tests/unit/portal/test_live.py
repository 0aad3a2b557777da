"""The stream of changes: gathers bursts, keeps the line alive, and ends with the session or the server."""

from collections.abc import AsyncIterator

import pytest

from contracts.codes import Role
from contracts.metering import MeterHeard, MeterSilent
from contracts.readings import Rejected
from services.kit.ids import new_id
from services.kit.principal import Principal
from services.portal import live
from services.portal.live import Hub

OPERATOR = Principal(new_id("tok"), Role.OPERATOR, "tilleuls")


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "HEARTBEAT_SECONDS", 0.05)
    monkeypatch.setattr(live, "GATHER_SECONDS", 0.01)


async def _yes() -> bool:
    return True


async def _no() -> bool:
    return False


async def _opened(hub: Hub, still: live.Check = _yes) -> AsyncIterator[str]:
    stream = hub.stream(OPERATOR, frozenset(), still)
    assert await anext(stream) == "retry: 2000\n\n"
    return stream


def _silent() -> MeterSilent:
    return MeterSilent(coop="tilleuls", meter=new_id("mtr"))


async def test_a_burst_is_told_once_and_without_any_data() -> None:
    hub = Hub()
    stream = await _opened(hub)
    for _ in range(1000):
        hub.tell(_silent())
        hub.tell(MeterHeard(coop="tilleuls", meter=new_id("mtr"), heard_at="2026-11-22T11:00:00Z"))
    assert await anext(stream) == "event: meters\ndata: changed\n\n"
    assert await anext(stream) == ": still here\n\n"


async def test_a_message_nobody_could_place_is_told_to_no_cooperative() -> None:
    hub = Hub()
    stream = await _opened(hub)
    hub.tell(
        Rejected(
            id=new_id("rej"),
            received_at="2026-11-22T11:00:00Z",
            topic="nonsense",
            reason="unknown_topic",
            detail="",
            payload_base64="",
        )
    )
    assert await anext(stream) == ": still here\n\n"


async def test_an_ended_session_is_told_and_closed_before_anything_else() -> None:
    hub = Hub()
    stream = await _opened(hub, _no)
    hub.tell(_silent())
    assert [event async for event in stream] == ["event: signed-out\ndata: changed\n\n"]
    assert hub.open_pages == 0


async def test_an_idle_session_that_ended_is_noticed_at_the_heartbeat() -> None:
    stream = await _opened(Hub(), _no)
    assert [event async for event in stream] == ["event: signed-out\ndata: changed\n\n"]


async def test_a_server_that_stops_ends_all_streams() -> None:
    hub = Hub()
    stream = await _opened(hub)
    hub.close()
    assert [event async for event in stream] == []
    assert hub.open_pages == 0


async def test_a_page_that_goes_away_is_forgotten() -> None:
    hub = Hub()
    stream = await _opened(hub)
    assert hub.open_pages == 1
    await stream.aclose()  # type: ignore[attr-defined]
    assert hub.open_pages == 0
