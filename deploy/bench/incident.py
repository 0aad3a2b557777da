"""A district heating outage: households report at a steady rate, one incident forms and none is lost."""

import asyncio
import statistics
import time
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import psycopg

from contracts.codes import Role
from deploy.bench import observe
from deploy.bench.instance import Instance
from deploy.bench.scene import Say
from deploy.commands.keys import Keys
from services.kit.ids import new_id
from simulators.api import Api

COOP = "bench"
HOMES = 600
RATE = 50
"""Reports a second, whatever the answers take: people do not wait for each other."""
SECONDS = 60.0
_TRIES = 100
_PASSING = (429, 503)
"""Asked to come back, a client does, with the same key: the request is opened once."""
BOUND_LAG_SECONDS = 5.0
"""So long after the last was sent, all are answered."""
_HOMES = """
WITH d AS (
    INSERT INTO members.dwelling (id, coop, ref, building, residence, floor_area_m2, heating, postcode, zone)
    SELECT dwelling, %(coop)s, dwelling, %(building)s, 'Banc de mesure', 50, 'district', '75013',
        'Europe/Paris'
    FROM unnest(%(dwellings)s::text[]) AS dwelling)
INSERT INTO members.occupancy (id, coop, dwelling, tenure, moved_in_on, quiet)
SELECT occupancy, %(coop)s, dwelling, 'tenant', '2024-01-01', true
FROM unnest(%(occupancies)s::text[], %(dwellings)s::text[]) AS home(occupancy, dwelling)
"""
_FOUND = """
SELECT count(*), count(DISTINCT t.id), count(*) FILTER (WHERE t.incident IS NOT NULL),
       (SELECT count(*) FROM aftersales.incident),
       (SELECT count(*) FROM aftersales.incident_report r WHERE r.incident IS NOT NULL),
       max(t.number)
FROM aftersales.ticket t
"""


def run(folder: Path, say: Say, rate: int = RATE, seconds: float = SECONDS) -> dict[str, Any]:
    """The section's report; `holds`: all were taken, in one incident, and answers kept up."""
    folder.mkdir(parents=True, exist_ok=True)
    instance = Instance(folder, None)
    say("starting Palier")
    instance.start()
    try:
        homes, token = _settle(instance)
        say(f"{rate} reports a second for {seconds:g} s from {len(homes)} homes")
        before = observe.cpu_seconds(instance.processes())
        taken, failed, refused, lag = asyncio.run(
            _report(instance.endpoints.http, token, homes, rate, seconds)
        )
        after = observe.cpu_seconds(instance.processes())
        with instance.database() as database:
            row = database.execute(_FOUND).fetchone() or ()
    finally:
        instance.stop()
    names = ("tickets", "distinct", "with_incident", "incidents", "linked_reports", "last_number")
    found = dict(zip(names, row, strict=True))
    sent = len(taken) + len(failed)
    is_whole = found["tickets"] == found["with_incident"] == found["linked_reports"] == len(taken) == sent
    return {
        "sent": sent,
        "lost": len(failed),
        "asked_to_wait": dict(refused),
        "rate_per_second": rate,
        "answer_ms": _spread(taken),
        "lag_seconds": round(lag, 2),
        "cpu_ms_each": {
            name: round((used - before.get(name, 0.0)) * 1_000 / max(1, len(taken)), 1)
            for name, used in sorted(after.items())
        },
        "found": found,
        "holds": is_whole and found["incidents"] == 1 and lag <= BOUND_LAG_SECONDS,
    }


def _settle(instance: Instance) -> tuple[list[str], str]:
    """A cooperative with homes of one building, lived in; the token of its staff."""
    operator = Api(instance.endpoints.http, instance.endpoints.operator_token)
    operator.post("/coops", {"slug": COOP, "name": "Banc de mesure", "zone": "Europe/Paris", "sandbox": True})
    body = {"coop": COOP, "ref": "B1", "residence": "Banc de mesure", "meters": []}
    building = operator.post("/buildings", body)["id"]
    dwellings = [new_id("dwl") for _ in range(HOMES)]
    occupancies = [new_id("occ") for _ in range(HOMES)]
    with psycopg.connect(instance.endpoints.database, autocommit=True) as database:
        database.execute(
            _HOMES,
            {"coop": COOP, "building": building, "dwellings": dwellings, "occupancies": occupancies},
        )
    settings = instance.settings.model_copy(update={"database_url": instance.endpoints.database})
    with Keys(settings) as keys:
        return occupancies, keys.token(Role.STAFF, COOP)


async def _report(
    http: str, token: str, homes: list[str], rate: int, seconds: float
) -> tuple[list[float], list[str], Counter[int], float]:
    """Seconds of each answer, who was not taken, other answers by status, seconds after the last report."""
    taken: list[float] = []
    failed: list[str] = []
    refused: Counter[int] = Counter()
    limits = httpx.Limits(max_connections=400)

    async with httpx.AsyncClient(base_url=http, limits=limits, timeout=60) as client:

        async def one(home: str) -> None:
            began = time.monotonic()
            body = {
                "occupancy": home, "place": "living_room", "element": "collective_heating",
                "symptom": "no_heat", "description": "Plus de chauffage", "channel": "phone",
            }  # fmt: skip
            headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": new_id("key")}
            for _ in range(_TRIES):
                answer = await client.post("/api/v1/tickets", json=body, headers=headers)
                if answer.status_code == 201:
                    taken.append(time.monotonic() - began)
                    return
                refused[answer.status_code] += 1
                if answer.status_code not in _PASSING:
                    break
                await asyncio.sleep(float(answer.headers.get("retry-after", 1)))
            failed.append(home)

        start = time.monotonic()
        async with asyncio.TaskGroup() as reports:
            for number in range(int(rate * seconds)):
                await asyncio.sleep(max(0.0, start + number / rate - time.monotonic()))
                reports.create_task(one(homes[number % len(homes)]))
            last = time.monotonic()
        return taken, failed, refused, time.monotonic() - last


def _spread(taken: list[float]) -> dict[str, float]:
    if len(taken) < 2:
        return {}
    cuts = statistics.quantiles(taken, n=100)
    return {
        "p50": round(statistics.median(taken) * 1_000, 1),
        "p95": round(cuts[94] * 1_000, 1),
        "max": round(max(taken) * 1_000, 1),
    }
