"""A running instance from outside: personal data stays where it belongs, secrets are seen by nobody else."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import nats
import psutil
import psycopg
import pytest

from contracts.codes import Role
from services.kit import secrets as kit_secrets
from services.kit.database import ROOMS
from services.kit.settings import Settings
from services.members import demo
from simulators.fleet import Fleet
from simulators.ledger import Ledger
from simulators.publications import Publication
from tests import house
from tests.house import Home, House, an_agent, eventually, move_in, open_coop, running

pytestmark = pytest.mark.engines

NAME, EMAIL, MOBILE = "Foyer Canariole", "canariole@foyer.example", "+33 6 39 98 76 54"
PRM, POSTAL = "09876543210987", "7 allée des Canarioles, 69100 Villeurbanne"
TEXT, MESSAGE, COMMENT = "Le serin canariole fuit", "Rappelez la canariole", "Vu chez la canariole"
GARBAGE = '{"compteur": "canariole-illisible"'
RELAY_PASSWORD = "canariole-du-relais"
CANARIES = ("anariole", "98 76 54", "0639987654", PRM, RELAY_PASSWORD)


@pytest.fixture(scope="module")
def lived_in(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[House, Home]]:
    """A real cooperative whose mail relay is down, and one household that did everything once."""
    folder = tmp_path_factory.mktemp("palier")
    patch = pytest.MonkeyPatch()
    environment = house._environment() | {
        "PALIER_SMTP_URL": f"smtp://palier:{RELAY_PASSWORD}@127.0.0.1:9",
        "PALIER_LOG_LEVEL": "DEBUG",
    }
    patch.setattr(house, "_environment", lambda: environment)
    try:
        with running(folder) as instance:
            yield instance, _live(instance)
    finally:
        patch.undo()


def _live(instance: House) -> Home:
    coop = "alouettes"
    open_coop(instance, coop)
    home = move_in(
        instance, coop, "A12",
        moved_in_on=datetime.now(UTC).date() - timedelta(days=30), meter={"serial": PRM},
        household=[{"name": NAME, "email": EMAIL, "mobile": MOBILE, "postal": POSTAL, "right": "holder"}],
    )  # fmt: skip
    resident, staff = instance.api("resident", coop, home.person), an_agent(instance, coop)
    ticket = resident.post(
        "/tickets",
        {
            "occupancy": home.occupancy, "place": "kitchen", "element": "tap", "symptom": "leak",
            "description": TEXT,
        },
    )["id"]  # fmt: skip
    resident.post(f"/tickets/{ticket}/messages", {"body": MESSAGE})
    staff.post(f"/tickets/{ticket}/actions", {"action": "acknowledge", "comment": COMMENT})
    _repair(resident, staff, home, ticket)
    with Fleet(instance.endpoints["mqtt"], [home.device], Ledger()) as fleet:
        topic = f"{home.device.topic}/senml"
        now, device = datetime.now(UTC), home.device.username
        fleet.publish_all([Publication(now, device, home.meter, topic, GARBAGE.encode())])
    _ask_for_a_link(instance, EMAIL)
    operator = instance.api("operator", coop)
    eventually(lambda: bool(operator.get("/operations/rejected")["items"]))
    rejected = operator.get("/operations/rejected")["items"][0]["id"]
    operator.post(f"/operations/rejected/{rejected}/retry")
    eventually(lambda: operator.get("/operations/rejected")["items"][0]["status"] != "retry")
    eventually(lambda: _failing(instance, resident, home), what="a message that could not be sent")
    return home


def _repair(resident: Any, staff: Any, home: Home, ticket: str) -> None:
    """An entry inspection with a finding, a firm that is sent, what came of it: in words of canaries."""
    found = {"place": "kitchen", "element": "tap", "symptom": "broken", "note": TEXT}
    today = datetime.now(UTC).date().isoformat()
    inspected = {"kind": "etat_des_lieux", "on": today, "findings": [found]}
    staff.post(f"/occupancies/{home.occupancy}/inspection", inspected)
    firm = {"kind": "contractor", "name": "Firme 1", "email": "firme@firm.example", "trades": ["plumbing"]}
    party = staff.post("/parties", firm)["id"]
    staff.post(f"/tickets/{ticket}/actions", {"action": "qualify", "comment": COMMENT})
    staff.post(f"/tickets/{ticket}/actions", {"action": "assign", "party": party, "comment": COMMENT})
    for action in ("start", "finish"):
        staff.post(f"/tickets/{ticket}/actions", {"action": action, "comment": COMMENT})
    resident.post(f"/tickets/{ticket}/actions", {"action": "confirm", "comment": MESSAGE})


def _failing(instance: House, resident: Any, home: Home) -> bool:
    found = resident.get(f"/persons/{home.person}/notifications")["items"]
    return any(delivery["reason"] for one in found for delivery in one["deliveries"])


def _ask_for_a_link(instance: House, email: str) -> None:
    request = urllib.request.Request(
        instance.endpoints["http"] + "/sign-in",
        data=f"email={email}".encode(),
        headers={"Origin": instance.endpoints["http"], "Sec-Fetch-Site": "same-origin"},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        assert answer.status == 200


def assert_clean(where: str, text: str) -> None:
    found = [canary for canary in CANARIES if canary in text]
    assert not found, f"{where} holds {found}: …{text[max(0, text.find(found[0]) - 200) :][:400]}"


def test_no_log_names_anybody(lived_in: tuple[House, Home]) -> None:
    instance, _ = lived_in
    logs = [instance.data_dir / "up.log", *(instance.data_dir / "logs").glob("*")]
    assert len(logs) > 2
    for log in logs:
        text = log.read_text(errors="replace")
        assert_clean(log.name, text)
        for secret in (instance.endpoints["operator_token"], _password(instance.endpoints["database"])):
            assert secret not in text, log.name


def test_no_event_and_no_subject_names_anybody(lived_in: tuple[House, Home]) -> None:
    """Every message of every stream; what could not be read left its stream for the quarantine."""
    instance, _ = lived_in
    for stream, subject, headers, body in asyncio.run(_messages(instance.endpoints["nats"])):
        if stream.startswith("$MQTT"):  # the broker's own sessions and unacknowledged messages
            continue
        assert_clean(f"{stream} {subject}", subject + headers + body)
        if "payload_base64" in body:
            decoded = base64.b64decode(json.loads(body)["payload_base64"]).decode(errors="replace")
            assert_clean(f"{stream} {subject} (payload)", decoded)


def test_no_outbox_row_names_anybody(lived_in: tuple[House, Home]) -> None:
    """What was published stays a month, except messages that could not be read: those are gone."""
    instance, _ = lived_in
    with psycopg.connect(instance.endpoints["database"]) as connection:
        for room in ROOMS:
            rows = connection.execute(f"SELECT subject, about, body FROM {room}.outbox").fetchall()
            assert "retried.v1" not in {subject for subject, _, _ in rows}
            for subject, about, body in rows:
                assert_clean(f"{room}.outbox {subject}", about + body)


def test_no_metric_names_anybody_nor_any_object(lived_in: tuple[House, Home]) -> None:
    instance, home = lived_in
    with urllib.request.urlopen(instance.endpoints["operations"] + "/metrics", timeout=60) as answer:
        text = answer.read().decode()
    assert "palier_" in text
    assert_clean("metrics", text)
    for thing in (home.person, home.occupancy, home.meter, home.coop):
        assert thing not in text


def test_the_idempotency_store_holds_nothing_readable(lived_in: tuple[House, Home]) -> None:
    """It keeps answers with meters' passwords: sealed, and under names that are no keys."""
    instance, home = lived_in
    password = home.device.password
    with psycopg.connect(instance.endpoints["database"]) as connection:
        rows = connection.execute("SELECT key, fingerprint, sealed FROM members.idempotency").fetchall()
    assert rows
    for key, fingerprint, sealed in rows:
        kept = f"{key} {fingerprint}".encode() + (sealed or b"")
        for secret in (password, EMAIL, NAME, home.person):
            assert secret.encode() not in kept


def test_passwords_are_kept_as_digests_only(lived_in: tuple[House, Home]) -> None:
    instance, home = lived_in
    with psycopg.connect(instance.endpoints["database"]) as connection:
        found = connection.execute("SELECT credential::text FROM members.credential").fetchall()
        tokens = connection.execute("SELECT api_token::text FROM members.api_token").fetchall()
    assert home.device.password not in str(found)
    assert instance.endpoints["operator_token"] not in str(tokens)


def test_no_command_line_and_no_engine_s_environment_shows_a_secret(lived_in: tuple[House, Home]) -> None:
    instance, _ = lived_in
    secrets = _secrets(instance)
    ours = psutil.Process(instance.process.pid)
    for process in [ours, *ours.children(recursive=True)]:
        line = " ".join(process.cmdline())
        assert not [secret for secret in secrets if secret in line], line
        if process.name() in ("nats-server", "postgres"):
            values = " ".join(process.environ().values())
            assert not [secret for secret in secrets if secret in values], process.name()


def test_what_opens_doors_is_readable_by_its_owner_only(lived_in: tuple[House, Home]) -> None:
    instance, _ = lived_in
    secrets = [secret.encode() for secret in _secrets(instance)]
    for path in instance.data_dir.rglob("*"):
        if not path.is_file() or path.is_symlink():
            continue
        if path.stat().st_mode & 0o077 and _is_reachable_by_others(path, instance.data_dir):
            content = path.read_bytes()
            assert not [secret for secret in secrets if secret in content], path
    for name in ("secret", "endpoints.json", "nats/nats.conf"):
        assert (instance.data_dir / name).stat().st_mode & 0o777 == 0o600, name


def test_operations_are_not_on_the_public_port(lived_in: tuple[House, Home]) -> None:
    instance, _ = lived_in
    for path in ("/metrics", "/livez", "/readyz", "/docs", "/redoc", "/openapi.json"):
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(instance.endpoints["http"] + path, timeout=60)


def test_a_demonstration_s_login_does_not_open_a_real_cooperative(lived_in: tuple[House, Home]) -> None:
    """Even with the installation's own secret, which seals those addresses."""
    instance, home = lived_in
    secrets = kit_secrets.load(Settings.model_construct(data_dir=instance.data_dir))
    for role, coop in ((Role.RESIDENT, home.coop), (Role.OPERATOR, home.coop), (Role.OPERATOR, "*")):
        path = demo.login_path(secrets, role, coop, home.person)
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(instance.endpoints["http"] + path, timeout=60)


def _secrets(instance: House) -> list[str]:
    """What must not be seen: the master secret, the owner's password, users' passwords, the token."""
    master = (instance.data_dir / "secret").read_text().strip()
    derived = kit_secrets.Secrets(master)
    rooms = [derived.derive(f"database/{room}_{kind}") for room in ROOMS for kind in ("work", "web")]
    users = [derived.derive(f"nats/{user}") for user in ("admin", "members", "intake", "sys")]
    known = [_password(instance.endpoints["database"]), instance.endpoints["operator_token"], RELAY_PASSWORD]
    return [master, *rooms, *users, *known]


def _password(url: str) -> str:
    return url.partition("//")[2].partition("@")[0].partition(":")[2]


def _is_reachable_by_others(path: Path, base: Path) -> bool:
    """Whether no closed folder between the data folder and the file keeps others out."""
    folders = [base, *path.parent.relative_to(base).parents, path.parent.relative_to(base)]
    return all(os.stat(base / folder).st_mode & 0o011 for folder in folders)


async def _messages(url: str) -> list[tuple[str, str, str, str]]:
    """(stream, subject, headers, body) of everything that JetStream keeps."""
    client = await nats.connect(url)
    js = client.jetstream()
    found = []
    for info in await js.streams_info():
        stream = str(info.config.name)
        for sequence in range(max(1, info.state.first_seq), info.state.last_seq + 1):
            try:
                message = await js.get_msg(stream, sequence)
            except nats.js.errors.NotFoundError:
                continue
            body = (message.data or b"").decode(errors="replace")
            found.append((stream, str(message.subject), str(message.headers or ""), body))
    await client.close()
    return found
