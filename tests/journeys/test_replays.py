"""An operator replays a year in minutes and trusts every number: over the API, from a terminal, on a page."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.async_api import expect

from contracts.codes import Role
from deploy.commands.keys import Keys
from deploy.up import running_settings
from services.kit.settings import Settings
from simulators.api import ApiError
from simulators.fleet import Fleet
from simulators.ledger import Ledger
from simulators.publications import senml
from tests.house import House, eventually, move_in, open_coop, running

YEAR = {"from": "2021-01-01", "to": "2021-12-31"}
AUTUMN = {"from": "2021-10-25", "to": "2021-11-03"}
"""Ten civil days, one of 25 hours."""
SIXTY_DAYS_A_SECOND = 60 * 86_400
ENDED = ("done", "stopped", "failed")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with running(tmp_path_factory.mktemp("replays")) as house:
        yield house


@pytest.fixture(scope="module")
def file(shared_data: Path) -> Path:
    return shared_data / "opendsm" / "uk-electricity-hdd-only-hourly-sample-0.csv.gz"


@pytest.fixture(scope="module")
def feed(house: House, file: Path) -> str:
    return upload(house, file)


@pytest.fixture(scope="module")
def straight(house: House, feed: str) -> dict[str, Any]:
    """The year at full speed, nobody interfering."""
    return played(house, {"feed": feed, "speed": "max", **YEAR})


@pytest.fixture(scope="module")
def way_in(house: House) -> str:
    """One click signs in as the operator of a sandbox cooperative."""
    open_coop(house, "bac-a-sable", sandbox=True)
    with Keys(running_settings(Settings(data_dir=house.data_dir))) as keys:
        account = keys.account(Role.OPERATOR, "bac-a-sable", "Gestion des compteurs (simulée)")
        return house.endpoints["http"] + keys.login_path(Role.OPERATOR, "bac-a-sable", account)


def upload(house: House, file: Path) -> str:
    query = urlencode({"name": file.name, "zone": "Europe/London"})
    id = str(house.operator().send_file(f"/feeds?{query}", file)["id"])
    eventually(lambda: house.operator().get(f"/feeds/{id}")["state"] == "ready", 90)
    return id


def until(
    house: House, replay: str, holds: Callable[[dict[str, Any]], bool], what: str = ""
) -> dict[str, Any]:
    """The replay, once that holds of it."""
    found: dict[str, Any] = {}

    def look() -> bool:
        found.update(house.operator().get(f"/replays/{replay}"))
        return holds(found)

    eventually(look, 120, f"{what} {found}")
    return found


def played(house: House, body: dict[str, Any]) -> dict[str, Any]:
    replay = house.operator().post("/replays", body)
    return until(house, replay["id"], lambda now: now["state"] in ENDED)


def act(house: House, replay: str, action: str, **more: Any) -> dict[str, Any]:
    answer: dict[str, Any] = house.operator().post(f"/replays/{replay}/actions", {"action": action, **more})
    return answer


def days(replay: dict[str, Any]) -> dict[str, tuple[int, int]]:
    return {row["day"]: (row["feed"], row["stored"]) for row in replay["result"]["rows"]}


def test_what_was_uploaded_is_told_before_it_is_played(house: House, feed: str) -> None:
    summary = house.operator().get(f"/feeds/{feed}")["summary"]
    assert (summary["format"], summary["readings"], summary["days"]) == ("opendsm", 23_508, 980)
    dry = played(house, {"feed": feed, "dry_run": True, **YEAR})
    assert (dry["result"]["days"], dry["result"]["messages"], dry["sandbox"]) == (365, 365, None)


def test_a_year_of_a_real_home_is_stored_to_the_watt_hour_and_its_sandbox_goes(
    house: House, straight: dict[str, Any]
) -> None:
    result = straight["result"]
    assert (result["days"], result["days_equal"]) == (365, 365)
    assert result["stored_value"] == result["feed_value"] > 1_000_000
    assert (straight["sandbox"], straight["progress"], straight["legal_actions"]) == (None, 1.0, [])


def test_paused_sought_and_killed_it_ends_with_the_days_of_an_uninterrupted_run(
    house: House, feed: str, straight: dict[str, Any]
) -> None:
    id = house.operator().post("/replays", {"feed": feed, "speed": SIXTY_DAYS_A_SECOND, **YEAR})["id"]
    until(house, id, lambda now: now["progress"] > 0.1)
    assert act(house, id, "pause")["state"] == "paused"
    with pytest.raises(ApiError) as refused:
        act(house, id, "pause")
    assert refused.value.legal_actions == ["resume", "seek", "speed", "stop"]
    assert act(house, id, "seek", to="2021-09-01")["position"].startswith("2021-09-01T00:00:00")
    act(house, id, "resume")
    until(house, id, lambda now: now["position"] > "2021-10-01" and now["at_message"] > 250, "after seeking")
    house.kill("player")
    # What was skipped is played now: backwards, by an instant, while another process takes over.
    act(house, id, "seek", to="2021-01-01T00:00:00+00:00")
    act(house, id, "speed", speed="max")
    ended = until(house, id, lambda now: now["state"] in ENDED)
    assert ended["state"] == "done", ended["problem"]
    assert days(ended) == days(straight)
    assert ended["result"]["readings_duplicate"] > 0  # the autumn came twice, and counts once


def test_what_was_skipped_is_not_compared(house: House, feed: str) -> None:
    id = house.operator().post("/replays", {"feed": feed, "speed": SIXTY_DAYS_A_SECOND, **YEAR})["id"]
    act(house, id, "pause")
    act(house, id, "seek", to="2021-12-01")
    act(house, id, "resume")
    result = until(house, id, lambda now: now["state"] in ENDED)["result"]
    assert result["days_equal"] == result["days"] == 365 - result["days_not_played"]
    assert 31 <= result["days"] < 365


def test_stopped_its_sandbox_goes_at_once_and_kept_it_stays_until_dropped(house: House, feed: str) -> None:
    id = house.operator().post("/replays", {"feed": feed, "speed": 86_400})["id"]
    until(house, id, lambda now: now["sandbox"] is not None and now["progress"] > 0)
    act(house, id, "stop")
    assert until(house, id, lambda now: now["state"] in ENDED)["sandbox"] is None

    kept = played(house, {"feed": feed, "keep": True, **AUTUMN})
    meter = kept["result"]["rows"][0]["meter"]
    assert len(house.operator().get(f"/meters/{meter}/days", **AUTUMN)["days"]) == 10
    assert kept["legal_actions"] == ["drop"]
    act(house, kept["id"], "drop")
    until(house, kept["id"], lambda now: now["sandbox"] is None)


@pytest.mark.parametrize("is_paused", [False, True], ids=["playing", "paused"])
def test_whose_sandbox_is_dropped_ends_within_seconds_and_says_so(
    house: House, feed: str, is_paused: bool
) -> None:
    id = house.operator().post("/replays", {"feed": feed, "speed": 86_400})["id"]
    begun = until(house, id, lambda now: now["sandbox"] is not None and now["progress"] > 0)
    if is_paused:
        act(house, id, "pause")
    house.operator().delete(f"/coops/{begun['sandbox']}")
    eventually(lambda: house.operator().get(f"/replays/{id}")["state"] in ENDED, 90)
    ended = house.operator().get(f"/replays/{id}")
    assert (ended["state"], ended["sandbox"], ended["legal_actions"]) == ("failed", None, [])
    assert "a été supprimé" in ended["problem"]


def test_into_a_real_meter_only_after_a_dry_run_that_tells_the_truth(house: House, feed: str) -> None:
    open_coop(house, "vivante", zone="Europe/London")
    home = move_in(house, "vivante", "A1", moved_in_on=date(2021, 1, 1))
    into = {"feed": feed, "meter": home.meter, "live": True, **AUTUMN}
    with pytest.raises(ApiError) as refused:
        house.operator().post("/replays", into)
    assert (refused.value.status, refused.value.legal_actions) == (409, ["dry_run"])

    dry = played(house, into | {"dry_run": True})["result"]
    assert (dry["new"], dry["duplicate"], dry["conflict"], dry["days_new"]) == (241, 0, 0, 10)
    resident = house.api("resident", "vivante", home.person)
    assert resident.get(f"/meters/{home.meter}/days", **AUTUMN)["days"] == []  # nothing was written

    live = played(house, into)
    assert (live["state"], live["result"]["days_equal"], live["sandbox"]) == ("done", 10, None)
    told = {change["day"]: change["after"] for change in dry["changes"]}
    stored = resident.get(f"/meters/{home.meter}/days", **AUTUMN)["days"]
    assert {day["day"]: day["value"] for day in stored} == told

    again = played(house, into | {"dry_run": True})["result"]
    assert (again["new"], again["duplicate"], again["changes"]) == (0, 241, [])
    uses = resident.get(f"/occupancies/{home.occupancy}/data-uses")["items"]
    assert any(use["why"] == "quality_control" for use in uses)


def test_a_recording_outlives_a_killed_service_keeps_who_allows_it_and_forgets_who_withdraws(
    house: House,
) -> None:
    open_coop(house, "ecoutee", zone="Europe/Paris")
    home = move_in(house, "ecoutee", "A1", moved_in_on=date(2026, 1, 1))
    other = move_in(house, "ecoutee", "A2", moved_in_on=date(2026, 1, 1), consents=("daily",))
    operator = house.operator()
    recording = operator.post("/recordings", {"coop": "ecoutee", "minutes": 30})["id"]
    start = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(days=2)
    before = operator.get("/operations/overview")["readings_stored"]
    with Fleet(house.endpoints["mqtt"], [home.device, other.device], Ledger()) as fleet:
        for number in range(80):
            if number == 40:
                house.kill("metering")
            at = start + number * timedelta(minutes=30)
            for device in (home.device, other.device):
                fleet.publish(senml(device, [(at, 5_000 + 100 * number)], []))
        fleet.drain()
    eventually(lambda: operator.get("/operations/overview")["readings_stored"] - before == 160)
    assert operator.post(f"/recordings/{recording}/stop")["state"] == "waiting"
    eventually(lambda: operator.get(f"/feeds/{recording}")["state"] == "ready")
    summary = operator.get(f"/feeds/{recording}")["summary"]
    assert (summary["meters"], summary["readings"]) == (1, 80)

    replay = played(house, {"feed": recording})
    assert replay["state"] == "done", replay["problem"]
    assert {row["name"] for row in replay["result"]["rows"]} == {"m1"}
    assert sum(row["stored"] for row in replay["result"]["rows"]) == 7_900
    (total,) = replay["result"]["sums"]
    assert (total["feed"], total["stored"], total["unit"]) == (7_900, 7_900, "Wh"), "as at the recorded home"
    assert total["days_equal"] == total["days"] == replay["result"]["days_equal"] >= 2
    resident = house.api("resident", "ecoutee", home.person)
    resident.put(
        f"/occupancies/{home.occupancy}/consents/half_hourly",
        {"granted": False, "by": home.person, "text_version": "2026-01", "channel": "self"},
    )
    eventually(lambda: operator.get(f"/replays/{replay['id']}")["result"] is None)
    assert played(house, {"feed": recording})["state"] == "failed"


def test_simulated_homes_on_a_bad_network_come_out_right(house: House) -> None:
    scenario = {"homes": 2, "days": 8, "seed": 3, "faults": "network"}
    result = played(house, {"scenario": scenario})["result"]
    assert (result["meters"], result["days"], result["days_equal"]) == (2, 16, 16)


def test_what_is_no_consumption_is_refused_in_words(house: House, tmp_path: Path) -> None:
    file = tmp_path / "letter.csv"
    file.write_text("Dear cooperative,\nthe tap drips.\n")
    id = house.operator().send_file(f"/feeds?name={file.name}", file)["id"]
    eventually(lambda: house.operator().get(f"/feeds/{id}")["state"] == "unreadable")
    assert house.operator().get(f"/feeds/{id}")["problem"]
    with pytest.raises(ApiError) as refused:
        house.operator().post("/replays", {"feed": id})
    assert refused.value.status == 409


def test_from_a_terminal_it_is_followed_and_ctrl_c_stops_it(house: House, feed: str) -> None:
    told = house.command("replay", feed, "--from", "2021-10-25", "--to", "2021-11-03")
    assert told.startswith("10 of 10 days equal")
    command = [
        sys.executable, "-m", "deploy.cli", "replays", "start", feed, "--speed", "86400",
        "--data-dir", str(house.data_dir),
    ]  # fmt: skip
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        eventually(lambda: _latest(house)["state"] == "playing" and _latest(house)["progress"] > 0)
        process.send_signal(signal.SIGINT)
        _, words = process.communicate(timeout=60)
    assert (process.returncode, "stopped" in words) == (130, True)
    until(house, _latest(house)["id"], lambda now: now["state"] == "stopped")
    listed = json.loads(house.command("replays", "list", "--json"))
    assert listed[0]["state"] == "stopped"


def _latest(house: House) -> dict[str, Any]:
    found: dict[str, Any] = house.operator().get("/replays", limit=1)["items"][0]
    return found


@pytest.mark.browser
@pytest.mark.parametrize(
    ("width", "language", "dark"),
    [(360, "fr", False), (1280, "en", True)],
    ids=["phone-fr", "desktop-en-dark"],
)
async def test_on_a_page(
    house: House, visitor: Any, file: Path, way_in: str, width: int, language: str, dark: bool
) -> None:
    """An operator brings a file, tries it dry, plays it, leads it and reads what came of it."""
    fr = language == "fr"
    page = await visitor.open(way_in, width=width, language=language, dark=dark)
    await page.goto(f"{house.endpoints['http']}/replays")
    if not fr:  # the account's own language is French
        await page.get_by_role("button", name="English").click()
        await expect(page.locator("html")).to_have_attribute("lang", "en")
    name = f"{width}-{language}"
    assert await visitor.flaws(page) == []
    await page.set_input_files("#f-file", str(file))
    await page.fill("#f-zone", "Europe/London")
    await page.get_by_role("button", name="Envoyer" if fr else "Upload").click()
    await expect(page.locator("#play")).to_be_visible()
    await visitor.screenshot(page, f"replays-feed-{name}")
    assert await visitor.flaws(page) == []

    await page.locator("#play #f-since").fill("2021-10-25")
    await page.locator("#play #f-until").fill("2021-11-03")
    await (
        page.locator("#play").get_by_role("button", name="Essai à blanc" if fr else "Dry run").press("Enter")
    )
    await expect(page.locator("main")).to_contain_text(
        "Ce qui serait rejoué" if fr else "What would be played"
    )
    assert await visitor.flaws(page) == []
    await (
        page.get_by_role("navigation", name="Vous êtes ici" if fr else "You are here")
        .get_by_role("link", name="uk-electricity")
        .click()
    )
    await page.locator("#play #f-speed").select_option("86400")
    await page.locator("#play #f-since").fill("2021-01-01")
    await page.locator("#play #f-until").fill("2021-12-31")
    await page.locator("#play").get_by_role("button", name="Rejouer" if fr else "Play").click()
    await expect(page.locator("#now")).to_contain_text("2021")
    await visitor.screenshot(page, f"replays-playing-{name}")
    assert await visitor.flaws(page) == []
    await page.get_by_role("button", name="Pause").click()
    await expect(page.locator("#now")).to_contain_text("en pause" if fr else "paused")
    await page.locator("#lead #f-to").fill("2021-12-30")
    await page.get_by_role("button", name="Y aller" if fr else "Go", exact=True).click()
    await expect(page.locator("#now")).to_contain_text("jeudi 30" if fr else "Thursday 30")
    await page.get_by_role("button", name="Reprendre" if fr else "Resume").click()
    await expect(page.locator("main")).to_contain_text("Résultat" if fr else "What came of it")
    await expect(page.locator("main")).to_contain_text("tous égaux" if fr else "all equal")
    await visitor.screenshot(page, f"replays-result-{name}")
    assert await visitor.flaws(page) == []
    await page.goto(f"{house.endpoints['http']}/replays")
    await visitor.screenshot(page, f"replays-{name}")
    assert await visitor.flaws(page) == []
