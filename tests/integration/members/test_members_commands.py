"""The command line's first steps: a cooperative, its first staff, a token that works."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from typer import Typer
from typer.testing import CliRunner, Result

from deploy.commands import members as commands
from deploy.engines import Engines
from services.kit.ids import new_id

pytestmark = pytest.mark.engines
Run = Callable[..., Result]


@pytest.fixture
def run(engines: Engines, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A command, against the tests' engines."""
    settings = engines.settings
    for name, value in (
        ("NATS_URL", settings.nats_url),
        ("MQTT_URL", settings.mqtt_url),
        ("DATABASE_URL", settings.database_url),
        ("SECRET", engines.secrets.master),
        ("PUBLIC_URL", "https://palier.test"),
    ):
        monkeypatch.setenv(f"PALIER_{name}", value or "")

    def call(app: Typer, *words: str) -> Result:
        return CliRunner().invoke(app, list(words))

    return call


@pytest.fixture
def slug(run: Run) -> str:
    name = "c" + new_id("x")[-12:]
    assert run(commands.coop_app, "add", name, "--name", "Les Tilleuls").exit_code == 0
    return name


def test_a_cooperative_is_founded_once(run: Run, slug: str) -> None:
    again = run(commands.coop_app, "add", slug, "--name", "Les Tilleuls")
    assert again.exit_code == 1
    assert "exists already" in again.stderr


def test_wrong_usage_is_told_apart_from_failure(run: Run) -> None:
    assert run(commands.coop_app, "add", "Not A Slug", "--name", "x").exit_code == 2
    assert run(commands.coop_app, "add", "autre", "--name", "x", "--zone", "Mars/Base").exit_code == 2


def test_staff_are_invited_by_a_link(run: Run, slug: str) -> None:
    email = f"{new_id('s')}@coop.test"
    words = ("invite", email, "--name", "Accueil 3", "--coop", slug, "--json")
    first = json.loads(run(commands.staff_app, *words).stdout)
    assert first["link"].startswith("https://palier.test/invitation/")
    second = json.loads(run(commands.staff_app, *words).stdout)
    assert first["id"] == second["id"]
    assert first["link"] != second["link"]


def test_a_resident_s_token_names_its_person(run: Run, slug: str) -> None:
    nobody = run(commands.token_app, "--role", "resident", "--coop", slug)
    assert nobody.exit_code == 1
    stranger = run(commands.token_app, "--role", "resident", "--coop", slug, "--subject", "per_x")
    assert stranger.exit_code == 1
    assert run(commands.token_app, "--role", "staff", "--coop", "*").exit_code == 1
    assert run(commands.token_app, "--role", "staff", "--coop", "nowhere").exit_code == 1


async def test_a_token_opens_its_cooperative(office: Any, run: Run) -> None:
    import asyncio

    coop = await office.new_coop()
    made = await asyncio.to_thread(run, commands.token_app, "--role", "staff", "--coop", coop.slug)
    headers = {"Authorization": f"Bearer {made.stdout.strip()}"}
    body = {"coop": coop.slug, "ref": "BAT-1", "residence": "Les Tilleuls"}
    answer: httpx.Response = await office.client.post("/api/v1/buildings", json=body, headers=headers)
    assert answer.status_code == 201
