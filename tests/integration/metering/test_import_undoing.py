"""Imports taken back in any order leave what importing only the others would have left."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.conftest import OpenUnit, Web
from tests.integration.metering.files_of_homes import Worker, amount_wh, counts, enedis, imported, said
from tests.integration.metering.homes import Home, a_home, rows, settle_all

pytestmark = pytest.mark.engines

FIRST = date(2024, 3, 1)
START = datetime(2024, 3, 1, tzinfo=UTC)
STEPS = 6


@pytest.fixture
def worker(room_unit: OpenUnit) -> Worker:
    return Worker(room_unit)


def resident(web: Web, home: Home) -> dict[str, str]:
    return web.as_("resident", home.coop, home.person)


async def undo(web: Web, headers: dict[str, str], worker: Worker, id: str) -> dict[str, Any]:
    answer = await web.client.post(f"/api/v1/imports/{id}/actions", json={"action": "undo"}, headers=headers)
    assert answer.status_code == 200, answer.text
    await worker.work()
    return await said(web, headers, id)


async def test_what_a_later_file_said_too_stands_when_the_earlier_one_goes(
    web: Web, room_unit: OpenUnit, coop: str, worker: Worker
) -> None:
    home = await a_home(room_unit, coop)
    them = resident(web, home)
    short = await imported(web, them, home, enedis(FIRST, 5), worker)
    long = await imported(web, them, home, enedis(FIRST, 10), worker)
    assert counts(long) == {"accepted": 240, "duplicate": 240}
    (echo,) = await rows(room_unit, "SELECT * FROM metering.import_echo WHERE meter = :m", m=home.meter)
    assert (echo.count, echo.amounts) == (240, None)  # a run, not the values once more
    await undo(web, them, worker, short["id"])
    left = await said(web, them, long["id"])
    assert (left["state"], counts(left)) == ("done", {"accepted": 480})
    assert left["accepted_value"] == round(amount_wh(FIRST, 10))
    await settle_all(room_unit)
    assert await shown(web, them, home) == pytest.approx(amount_wh(FIRST, 10), abs=10)
    assert not await rows(room_unit, "SELECT 1 FROM metering.import_echo WHERE meter = :m", m=home.meter)
    await undo(web, them, worker, long["id"])
    await settle_all(room_unit)
    assert await listed(web, them, home) == []  # as before anything came
    assert (await said(web, them, long["id"]))["days_follow"] is False


async def test_days_that_are_still_worked_out_are_said_to_follow(
    web: Web, room_unit: OpenUnit, coop: str, worker: Worker
) -> None:
    home = await a_home(room_unit, coop)
    them = resident(web, home)
    found = await imported(web, them, home, enedis(FIRST, 2), worker)
    assert (found["state"], found["days_follow"]) == ("done", True)
    await settle_all(room_unit)
    assert (await said(web, them, found["id"]))["days_follow"] is False


async def test_gas_factors_of_a_later_file_stand_too(
    web: Web, room_unit: OpenUnit, coop: str, worker: Worker
) -> None:
    home = await a_home(room_unit, coop, fluid="gas")
    them = resident(web, home)
    one, other = (
        f'[{{"time_period":"09/05/2019","volume_m3":5.1,"converter_factor_kwh/m3":{factor}}}]'.encode()
        for factor in (11.2, 10.9)
    )
    first = await imported(web, them, home, one, worker)
    await imported(web, them, home, other, worker)
    for id, expected in ((None, "11.2"), (first["id"], "10.9")):
        if id:
            await undo(web, them, worker, id)
        await settle_all(room_unit)
        (day,) = await listed(web, them, home, "2019-05-01")
        assert float(day["conversion"]["kwh_per_m3"]) == float(expected)
        assert (day["conversion"]["source"], day["value"]) == ("network", 5_100)


async def listed(web: Web, headers: dict[str, str], home: Home, first: str = "2024-02-01") -> list[Any]:
    answer = await web.client.get(
        f"/api/v1/meters/{home.meter}/days",
        params={"from": first, "to": f"{first[:4]}-12-31"},
        headers=headers,
    )
    found: list[Any] = answer.json()["days"]
    return found


async def shown(web: Web, headers: dict[str, str], home: Home) -> int:
    return sum(day["value"] for day in await listed(web, headers, home))


Said = dict[int, tuple[int, bool]]
"""By half-hour: Wh, and whether the file calls it estimated."""
FILES = st.lists(
    st.dictionaries(
        st.integers(0, STEPS - 1), st.tuples(st.sampled_from([100, 200, 300]), st.booleans()), min_size=1
    ),
    min_size=1,
    max_size=4,
)


UNDOES = st.lists(st.integers(0, 3), max_size=4, unique=True)
"""Which of them are taken back, in order."""


def content(said: Said) -> bytes:
    head = (
        "Identifiant PRM;Date de debut;Date de fin;Grandeur physique;Grandeur metier;Etape metier;Unite;"
        "Horodate;Valeur;Nature;Pas;Mode calcul;tc;Indice de vraisemblance;ec\n"
    )
    day, half_hour = "30000000000001;2024-03-01;2024-03-02;EA;CONS;MESURE;Wh", timedelta(minutes=30)
    lines = [
        f"{day};{(START + half_hour * n).isoformat()};{wh};{'RE'[is_estimated]};PT30M;BRUT;A;0;1\n"
        for n, (wh, is_estimated) in said.items()
    ]
    return (head + "".join(lines)).encode()


async def kept(room_unit: OpenUnit, home: Home) -> list[tuple[Any, ...]]:
    found = await rows(
        room_unit,
        "SELECT register, instant, value_milli FROM metering.reading WHERE meter = :m ORDER BY 1, 2",
        m=home.meter,
    )
    differing = await rows(
        room_unit,
        "SELECT register, instant, value_milli FROM metering.disagreement WHERE meter = :m ORDER BY 1, 2, 3",
        m=home.meter,
    )
    return [*(tuple(row) for row in found), *(("differs", *row) for row in differing)]


@given(files=FILES, undoes=UNDOES)
@settings(
    max_examples=10, deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
async def test_whatever_is_taken_back_the_rest_is_as_if_it_had_come_alone(
    web: Web, room_unit: OpenUnit, coop: str, worker: Worker, files: list[Said], undoes: list[int]
) -> None:
    home, alone = await a_home(room_unit, coop), await a_home(room_unit, coop)
    them, they = resident(web, home), resident(web, alone)
    ids = [(await imported(web, them, home, content(file), worker, stamp="start"))["id"] for file in files]
    standing = list(range(len(files)))
    for number in undoes:
        if number not in standing:
            continue
        found = await said(web, them, ids[number])
        if "undo" in found["legal_actions"]:
            await undo(web, them, worker, ids[number])
            standing.remove(number)
    expected = {}
    for number in standing:
        done = await imported(web, they, alone, content(files[number]), worker, stamp="start")
        expected[number] = (counts(done), done["accepted_value"])
    assert await kept(room_unit, home) == await kept(room_unit, alone)
    for number in standing:
        found = await said(web, them, ids[number])
        assert (counts(found), found["accepted_value"]) == expected[number]
