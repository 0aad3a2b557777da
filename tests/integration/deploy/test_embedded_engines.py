"""The embedded engines: private, durable, and back after any kind of death."""

import asyncio
import os
import smtplib
import subprocess
import sys
from pathlib import Path

import psutil
import psycopg
import pytest

from deploy.commands.doctor import examine_all
from deploy.engines import EngineError, Engines
from deploy.engines import nats as nats_engine
from deploy.engines.examine import examine
from deploy.engines.mail import letter, letters
from deploy.engines.testing import temporary_engines
from services.kit.broker import connect
from services.kit.settings import Settings

ROOT = Path(__file__).resolve().parents[3]


def settings_in(folder: Path) -> Settings:
    return Settings.model_construct(data_dir=folder)


def engine_processes(folder: Path) -> list[psutil.Process]:
    """Servers whose command line or working folder is in `folder`."""
    found = []
    for process in psutil.process_iter():
        try:
            if str(folder) in " ".join(process.cmdline()) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except psutil.Error:
            continue
    return [process for process in found if process.name() in ("postgres", "nats-server")]


def store(engines: Engines, value: int) -> None:
    assert engines.postgres
    with psycopg.connect(engines.postgres.url) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (value integer)")
        connection.execute("INSERT INTO kept VALUES (%s)", (value,))


def stored(engines: Engines) -> list[int]:
    assert engines.postgres
    with psycopg.connect(engines.postgres.url) as connection:
        return [row[0] for row in connection.execute("SELECT value FROM kept ORDER BY value")]


async def say(engines: Engines, text: bytes) -> None:
    client = await connect("admin", engines.settings, engines.secrets)
    stream = client.jetstream()
    await stream.add_stream(name="KEPT", subjects=["kept"])
    await stream.publish("kept", text)
    await client.close()


async def said(engines: Engines) -> int:
    client = await connect("admin", engines.settings, engines.secrets)
    count = (await client.jetstream().stream_info("KEPT")).state.messages
    await client.close()
    return int(count)


def test_a_second_start_finds_everything_at_the_same_address(tmp_path: Path) -> None:
    with temporary_engines(tmp_path) as engines:
        first = engines.settings
        store(engines, 1)
    assert engine_processes(tmp_path) == []
    with temporary_engines(tmp_path) as engines:
        assert engines.settings == first
        assert stored(engines) == [1]


def test_a_killed_engine_comes_back_with_all_that_was_acknowledged(tmp_path: Path) -> None:
    with temporary_engines(tmp_path) as engines:
        assert engines.postgres
        assert engines.nats
        store(engines, 1)
        asyncio.run(say(engines, b"one"))
        for engine in (engines.postgres, engines.nats):
            assert engine.pid
            process = psutil.Process(engine.pid)
            process.kill()
            psutil.wait_procs([process], timeout=30)
            assert not engine.is_healthy()
            engine.start()
            assert engine.is_healthy()
        store(engines, 2)
        asyncio.run(say(engines, b"two"))
        assert stored(engines) == [1, 2]
        assert asyncio.run(said(engines)) == 2


def test_engines_end_with_a_starter_that_is_killed_and_nothing_is_in_the_way(tmp_path: Path) -> None:
    starter = subprocess.Popen(
        [sys.executable, "-c", _STARTER, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    with starter:
        assert starter.stdout
        assert starter.stdout.readline() == "started\n"
        running = engine_processes(tmp_path)
        assert {process.name() for process in running} == {"postgres", "nats-server"}
        starter.kill()
    with temporary_engines(tmp_path) as engines:  # at once: the old ones may still be ending
        store(engines, 1)
        assert not [process for process in running if process.is_running() and process.status() != "zombie"]


_STARTER = """
import signal, sys
from pathlib import Path
from deploy.engines.testing import temporary_engines
with temporary_engines(Path(sys.argv[1])):
    print("started", flush=True)
    signal.pause()
"""


def test_a_stale_pid_file_that_names_a_living_process_does_not_block_the_start(tmp_path: Path) -> None:
    with temporary_engines(tmp_path):
        stale = (tmp_path / "postgres" / "postmaster.pid").read_text().splitlines()
    stale[0] = str(os.getppid())
    (tmp_path / "postgres" / "postmaster.pid").write_text("\n".join(stale) + "\n")
    with temporary_engines(tmp_path) as engines:
        store(engines, 1)


def test_a_creation_that_was_cut_short_starts_afresh(tmp_path: Path) -> None:
    (tmp_path / "postgres.new" / "base").mkdir(parents=True)
    (tmp_path / "postgres.new" / "PG_VERSION").write_text("18\n")
    tmp_path.chmod(0o700)
    with temporary_engines(tmp_path) as engines:
        store(engines, 1)


def test_what_holds_passwords_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    with temporary_engines(tmp_path):
        for name in (
            "secret",
            "nats/nats.conf",
            "postgres/postgresql.conf",
            "postgres/pg_hba.conf",
            "ports.json",
        ):
            assert (tmp_path / name).stat().st_mode & 0o777 == 0o600, name
        for name in ("nats", "postgres", "run", "logs", "mailbox"):
            assert (tmp_path / name).stat().st_mode & 0o777 == 0o700, name


def test_everything_listens_on_loopback_only(tmp_path: Path) -> None:
    with temporary_engines(tmp_path):
        listening = [
            connection.laddr.ip
            for process in engine_processes(tmp_path)
            for connection in process.net_connections("inet")
            if connection.status == psutil.CONN_LISTEN
        ]
        assert len(listening) >= 4
        assert set(listening) == {"127.0.0.1"}


def test_a_data_folder_serves_one_instance_at_a_time(tmp_path: Path) -> None:
    with temporary_engines(tmp_path), pytest.raises(EngineError, match="in use by another palier"):
        Engines(settings_in(tmp_path)).start()


def test_a_bus_by_url_needs_its_broker_by_url(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="PALIER_MQTT_URL"):
        Engines(Settings.model_construct(data_dir=tmp_path, nats_url="nats://bus.example:4222"))


def test_it_works_for_an_ordinary_user(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _ORDINARY, str(tmp_path / "data")]
    if os.geteuid() == 0:  # the same files, seen by a process that is not root
        command = ["unshare", "--user", "--map-user=1000", "--map-group=1000", "--", *command]
        if subprocess.run([*command[:5], "true"], capture_output=True).returncode != 0:
            pytest.skip("root may not make a user namespace here: run the tests as an ordinary user")
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["ordinary", "on"]


_ORDINARY = """
import os, sys
from pathlib import Path
import psycopg
from deploy.engines.testing import temporary_engines
with temporary_engines(Path(sys.argv[1])) as engines:
    with psycopg.connect(engines.settings.database_url) as connection:
        print("root" if os.geteuid() == 0 else "ordinary", connection.execute("SHOW fsync").fetchone()[0])
"""


def test_the_doctor_finds_nothing_wrong_with_what_palier_starts(tmp_path: Path) -> None:
    with temporary_engines(tmp_path) as engines:
        ill = [check for check in examine(engines.settings, engines.secrets) if check.verdict != "ok"]
        assert ill == []
    assert [check for check in examine_all(settings_in(tmp_path)) if check.verdict == "failed"] == []


def test_the_doctor_finds_settings_that_lose_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with temporary_engines(tmp_path):
        pass
    (tmp_path / "postgres" / "local.conf").write_text("fsync = off\n")
    lazy = nats_engine._TEMPLATE.replace("sync_interval: always", 'sync_interval: "2m"')
    monkeypatch.setattr(nats_engine, "_TEMPLATE", lazy)
    with temporary_engines(tmp_path) as engines:
        checks = examine(engines.settings, engines.secrets)
    failed = {check.name: check for check in checks if check.verdict == "failed"}
    assert set(failed) == {"postgres fsync", "nats sync_interval"}
    assert all(check.advice for check in failed.values())


def test_the_doctor_finds_a_readable_secret(tmp_path: Path) -> None:
    with temporary_engines(tmp_path, only=()):
        pass
    (tmp_path / "secret").chmod(0o644)
    failed = [check for check in examine_all(settings_in(tmp_path)) if check.verdict == "failed"]
    assert [check.name for check in failed] == ["file secret"]


def test_a_message_reaches_the_mailbox_with_its_accents(tmp_path: Path) -> None:
    assert letters(tmp_path) == []
    with temporary_engines(tmp_path, only=("mail",)) as engines:
        assert engines.mail
        with smtplib.SMTP("127.0.0.1", int(engines.mail.url.rsplit(":", 1)[1])) as server:
            server.sendmail("palier@coop.example", ["foyer12@example.org"], _MESSAGE)
    kept = letters(tmp_path)
    assert [(one.subject, one.recipients, one.text.strip()) for one in kept] == [
        ("Votre consommation de veille a baissé", ("foyer12@example.org",), "Bravo, 40 W de moins la nuit.")
    ]
    assert letter(tmp_path, kept[0].key) == kept[0]
    with pytest.raises(KeyError):
        letter(tmp_path, "../secret")


_MESSAGE = """\
From: palier@coop.example\r
To: foyer12@example.org\r
Subject: =?utf-8?q?Votre_consommation_de_veille_a_baiss=C3=A9?=\r
Content-Type: text/plain; charset=utf-8\r
\r
Bravo, 40 W de moins la nuit.\r
"""
