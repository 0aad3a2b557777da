"""Files of past consumption as grid operators hand them out, and their way through the API and the worker."""

from datetime import UTC, date, datetime, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

from services.kit.room import Room
from services.kit.secrets import Secrets
from services.metering.imports.worker import work_once
from tests.conftest import OpenUnit, Web
from tests.integration.metering.homes import Home

PARIS = ZoneInfo("Europe/Paris")
PRM = "30000000000123"


def watts(at: datetime) -> int:
    """What the invented home draws in the half-hour that begins at `at`: never twice the same day."""
    half_hour = int(at.timestamp()) // 1_800
    return 120 + half_hour * 37 % 900


def half_hours(first: date, days: int) -> list[datetime]:
    """The half-hours of civil days in Paris, by their start."""
    start = datetime(first.year, first.month, first.day, tzinfo=PARIS).astimezone(UTC)
    last = first + timedelta(days=days)
    end = datetime(last.year, last.month, last.day, tzinfo=PARIS).astimezone(UTC)
    return [start + timedelta(minutes=30 * n) for n in range(int((end - start).total_seconds()) // 1_800)]


def enedis(first: date, days: int, *, more: dict[datetime, str] | None = None) -> bytes:
    """A load curve as Enedis exports it: mean watts, stamped with the end of the interval. `more` replaces
    values by the start of their half-hour."""
    last = first + timedelta(days=days)
    head = (
        "Identifiant PRM;Type de donnees;Date de debut;Date de fin;Grandeur physique;Grandeur metier;"
        "Etape metier;Unite;Pas en minutes\r\n"
        f"{PRM};Courbe de charge;{first};{last};Energie active;Consommation;Comptage Brut;W;30\r\n"
        "Horodate;Valeur\r\n"
    )
    lines = []
    for at in half_hours(first, days):
        end = (at + timedelta(minutes=30)).astimezone(PARIS)
        lines.append(f"{end.isoformat()};{(more or {}).get(at, str(watts(at)))}\r\n")
    return ("\ufeff" + head + "".join(lines)).encode()


def amount_wh(first: date, days: int) -> float:
    """What such a file holds in all."""
    return sum(watts(at) for at in half_hours(first, days)) / 2


class Worker:
    """As much of a room as the importer needs, on the real database."""

    def __init__(self, room_unit: OpenUnit) -> None:
        self._unit = room_unit

    secrets = Secrets("a-secret-of-tests-that-is-long-enough")

    def unit(self, coop: str | None = None) -> Any:
        return self._unit("metering", coop)

    async def work(self) -> int:
        """Work until nothing waits; returns the number of imports taken."""
        taken = 0
        while await work_once(cast(Room, self)):
            taken += 1
        return taken


async def bring(
    web: Web, headers: dict[str, str], home: Home, content: bytes, *, status: int = 202, **query: Any
) -> dict[str, Any]:
    """POST a file for the home's meter; the answer's document."""
    answer = await web.client.post(
        f"/api/v1/meters/{home.meter}/imports", content=content, headers=headers, params=query
    )
    assert answer.status_code == status, answer.text
    return cast(dict[str, Any], answer.json())


async def imported(
    web: Web, headers: dict[str, str], home: Home, content: bytes, worker: Worker, **query: Any
) -> dict[str, Any]:
    """A file all the way through: what the API says of it in the end."""
    started = await bring(web, headers, home, content, **query)
    await worker.work()
    return await said(web, headers, started["id"])


async def said(web: Web, headers: dict[str, str], id: str) -> dict[str, Any]:
    answer = await web.client.get(f"/api/v1/imports/{id}", headers=headers)
    assert answer.status_code == 200, answer.text
    return cast(dict[str, Any], answer.json())


def counts(found: dict[str, Any]) -> dict[str, int]:
    """Those counts that are not nothing."""
    names = ("accepted", "duplicate", "conflict", "refused", "no_consent", "outside_occupancy")
    return {name: found[name] for name in names if found[name]}
