"""How fast the desk is with many requests, and how fast one is opened.

A running instance, a cooperative with some homes, one request opened as a person would; the database then
makes a hundred thousand of it, one in twenty under way. Pages and API are asked over HTTP, one after the
other, as a signed-in member of staff.
"""

import http.client
import random
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import psycopg

from contracts.codes import Role
from deploy.bench.instance import Instance
from deploy.bench.scene import Say
from deploy.commands.keys import Keys
from simulators.api import Api

TICKETS = 100_000
BOUND_PAGE_MS = 100.0
BOUND_OPENING_MS = 150.0
COOP = "banc-de-demandes"
_BUILDINGS, _HOMES_A_BUILDING = 10, 30
_ASKED = 100
_WORDS = (
    "robinet",
    "chaudière",
    "fuite",
    "volet",
    "porte",
    "prise",
    "ascenseur",
    "moisissure",
    "vitre",
    "radiateur",
)

# Each row is the first request's own, with what tells it apart.
_FILL = """
WITH home AS (
    SELECT array_agg(id ORDER BY id) AS ids, array_agg(dwelling ORDER BY id) AS dwellings,
        array_agg(building ORDER BY id) AS buildings FROM registry.occupancy WHERE coop = %(coop)s
), made AS (
    SELECT n, 'tkt_bench' || lpad(n::text, 14, '0') AS id, 1 + n %% cardinality(home.ids) AS at, home.*,
        n %% 20 = 0 AS is_open, ARRAY['tap', 'boiler', 'window', 'shutter', 'socket'] AS elements,
        ARRAY['submitted', 'acknowledged', 'assigned', 'scheduled', 'waiting_member'] AS states
    FROM generate_series(1, %(count)s) n, home
)
INSERT INTO aftersales.ticket
SELECT (jsonb_populate_record(t, jsonb_build_object(
    'id', m.id, 'number', 1000 + m.n, 'occupancy', m.ids[m.at], 'dwelling', m.dwellings[m.at],
    'building', m.buildings[m.at], 'element', m.elements[1 + m.n %% 5],
    'description', 'Appareil ' || m.n || ' : ' || (%(words)s::text[])[1 + m.n %% 10] || ' en panne',
    'state', CASE WHEN m.is_open THEN m.states[1 + (m.n / 20) %% 5] ELSE 'closed' END,
    'ended_at', CASE WHEN NOT m.is_open THEN now() - m.n %% 1000 * interval '1 hour' END,
    'next_due_at', CASE WHEN m.is_open THEN now() + (m.n %% 400 - 100) * interval '1 hour' END,
    'opened_at', now() - m.n %% 1000 * interval '1 hour' - interval '2 days'))).*
FROM aftersales.ticket t, made m WHERE t.id = %(first)s
"""
_FILL_PARTS = """
INSERT INTO aftersales.{table}
SELECT (jsonb_populate_record(p, jsonb_build_object('ticket', t.id))).*
FROM aftersales.{table} p, aftersales.ticket t
WHERE p.ticket = %(first)s AND t.coop = %(coop)s AND t.id <> p.ticket
"""
_PARTS = ("ticket_event", "ticket_warranty", "ticket_deadline")


@dataclass
class Cast:
    """Who is there and where."""

    staff: Api
    browser: "Browser"
    homes: list[str]
    """Their occupancies."""


class Browser:
    """A signed-in person's line to the portal, kept open between pages."""

    def __init__(self, base_url: str, login_path: str) -> None:
        place = urlsplit(base_url)
        self._line = http.client.HTTPConnection(place.netloc, timeout=60)
        self._line.request("GET", login_path)
        answer = self._line.getresponse()
        answer.read()
        cookies = [value for name, value in answer.getheaders() if name.lower() == "set-cookie"]
        self._headers = {
            "Cookie": "; ".join(cookie.split(";")[0] for cookie in cookies),
            "Accept-Language": "fr",
        }

    def get(self, path: str) -> str:
        try:
            self._line.request("GET", path, headers=self._headers)
            answer = self._line.getresponse()
        except http.client.RemoteDisconnected:  # it rested too long
            self._line.close()
            return self.get(path)
        text = answer.read().decode()
        assert answer.status == 200, f"GET {path} answered {answer.status}"
        return text


def run(folder: Path, say: Say, tickets: int = TICKETS) -> dict[str, Any]:
    """95th percentiles of the desk's pages and of opening."""
    instance = Instance(folder, None)
    instance.start()
    try:
        cast = _cast(instance, say)
        with instance.database() as owner:
            _fill(owner, cast, tickets)
            say(f"requests: {tickets:,} requests there; asking")
            asked = _ask(owner, cast)
    finally:
        instance.stop()
    slowest = max(times["p95"] for name, times in asked.items() if name != "opening")
    return {
        "tickets": tickets,
        **{f"{name}_ms": times for name, times in asked.items()},
        "bound_page_ms": BOUND_PAGE_MS,
        "bound_opening_ms": BOUND_OPENING_MS,
        "holds": slowest <= BOUND_PAGE_MS and asked["opening"]["p95"] <= BOUND_OPENING_MS,
    }


def _cast(instance: Instance, say: Say) -> Cast:
    place = instance.endpoints
    operator = Api(place.http, place.operator_token)
    operator.post(
        "/coops", {"slug": COOP, "name": "Banc de demandes", "zone": "Europe/Paris", "sandbox": True}
    )
    settings = instance.settings.model_copy(update={"database_url": place.database})
    with Keys(settings) as keys:
        agent = keys.account(Role.STAFF, COOP, "Agent 1")
        staff = Api(place.http, keys.token(Role.STAFF, COOP, agent))
        login = keys.login_path(Role.STAFF, COOP, agent)
    homes: list[str] = []
    for building in range(_BUILDINGS):
        of = {"coop": COOP, "ref": f"B{building}", "residence": f"Les Tilleuls {building // 3}"}
        made = operator.post("/buildings", of | {"reception_on": "2015-03-02"})["id"]
        for home in range(_HOMES_A_BUILDING):
            moved = staff.post("/move-ins", _move_in(building, home, of["residence"], made))
            homes.append(moved["occupancy"])
    say(f"requests: {len(homes)} homes")
    return Cast(staff, Browser(place.http, login), homes)


def _move_in(building: int, home: int, residence: str, made: str) -> dict[str, Any]:
    dwelling = {
        "coop": COOP, "ref": f"B{building}-{home}", "residence": residence, "building": made,
        "staircase": "AB"[home % 2], "floor": home // 6, "floor_area_m2": 60, "heating": "collective",
        "postcode": "69100", "meters": [],
    }  # fmt: skip
    person = {
        "name": f"Foyer {building}-{home}",
        "email": f"f{building}-{home}@foyer.test",
        "right": "holder",
    }
    return {
        "coop": COOP, "dwelling": dwelling, "household": [person | {"language": "fr"}], "tenure": "tenant",
        "moved_in_on": "2024-01-05", "quiet": True,
    }  # fmt: skip


def _fill(owner: "psycopg.Connection[Any]", cast: Cast, tickets: int) -> None:
    first = cast.staff.post("/tickets", _report(cast.homes[0], "tap", "leak"))["id"]
    values = {"coop": COOP, "first": first, "count": tickets, "words": list(_WORDS)}
    owner.execute("SELECT set_config('palier.coop', '*', false)")  # else the registry shows nobody
    owner.execute(_FILL, values)
    for table in _PARTS:
        owner.execute(_FILL_PARTS.format(table=table), values)
    owner.execute("UPDATE aftersales.counter SET last = %s WHERE coop = %s", (1000 + tickets, COOP))
    owner.execute("ANALYZE")


def _report(occupancy: str, element: str, symptom: str) -> dict[str, Any]:
    return {
        "occupancy": occupancy, "place": "living_room", "element": element, "symptom": symptom,
        "description": "Plus rien depuis ce matin", "channel": "phone",
    }  # fmt: skip


def _ask(owner: "psycopg.Connection[Any]", cast: Cast) -> dict[str, dict[str, float]]:
    choose = random.Random(3)  # noqa: S311 - a repeatable bench
    rows = owner.execute(
        "SELECT id FROM aftersales.ticket WHERE coop = %s AND ended_at IS NULL ORDER BY id", (COOP,)
    ).fetchall()
    ids = [row[0] for row in rows]

    def desk(**query: str) -> Callable[[], object]:
        return lambda: cast.browser.get("/desk?" + urlencode(query))

    return {
        "desk": _timed(desk()),
        "desk_filtered": _timed(desk(show="overdue", team="plumbing", residence="Les Tilleuls 1")),
        "desk_all": _timed(desk(show="all")),
        "desk_search": _timed(lambda: cast.browser.get("/desk?" + urlencode({"q": choose.choice(_WORDS)}))),
        "desk_search_number": _timed(desk(q="51234", show="all")),
        "ticket_page": _timed(lambda: cast.browser.get(f"/desk/{choose.choice(ids)}")),
        "residence": _timed(lambda: cast.browser.get("/desk/residences?residence=Les+Tilleuls+0")),
        "api_list": _timed(lambda: cast.staff.get("/tickets", overdue="true")),
        "opening": _timed(
            lambda: cast.staff.post("/tickets", _report(choose.choice(cast.homes), "window", "stuck"))
        ),
    }


def _timed(ask: Callable[[], object]) -> dict[str, float]:
    taken = []
    for _ in range(_ASKED):
        started = time.perf_counter()
        ask()
        taken.append(1000 * (time.perf_counter() - started))
    taken.sort()
    return {
        "p50": round(statistics.median(taken), 1),
        "p95": round(taken[int(0.95 * len(taken))], 1),
        "worst": round(taken[-1], 1),
    }
