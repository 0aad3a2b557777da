"""Restart pauses, remembered ports, and the help of a command line that loads nothing."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from deploy.cli import app
from deploy.commands.options import printable
from deploy.engines.child import EngineError
from deploy.engines.ports import Ports
from deploy.supervisor import Backoff


def test_pauses_grow_while_a_room_keeps_dying() -> None:
    backoff = Backoff()
    pauses = []
    for death in range(12):
        backoff.started(float(death))
        pauses.append(backoff.died(death + 0.5))
    assert pauses[:4] == [0.1, 0.2, 0.4, 0.8]
    assert pauses[-1] == 30.0


def test_a_calm_minute_forgets_earlier_deaths() -> None:
    backoff = Backoff()
    backoff.started(0)
    backoff.died(1)
    backoff.died(2)
    backoff.started(3)
    assert backoff.died(63) == 0.1


def test_an_engine_keeps_its_port(tmp_path: Path) -> None:
    first = Ports(tmp_path).take("nats")
    assert Ports(tmp_path).take("nats") == first
    assert Ports(tmp_path).take("mqtt") != first
    assert Ports(tmp_path).take("nats", 0) == first, "port 0 asks for any, and nothing can be told to reach 0"


def test_a_port_that_somebody_took_is_replaced_unless_it_was_asked_for(tmp_path: Path) -> None:
    port = Ports(tmp_path).take("nats")
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()
        assert Ports(tmp_path).take("nats") != port
        with pytest.raises(EngineError, match=f"port {port} for nats is in use"):
            Ports(tmp_path).take("nats", port)


def test_help_lists_commands_without_loading_them() -> None:
    shown = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys; from deploy.cli import app\n"
            "try: app(['--help'])\n"
            "finally: print([m for m in ('fastapi', 'sqlalchemy', 'nats', 'pydantic') if m in sys.modules])",
        ],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).resolve().parents[3],
    ).stdout
    assert "Engines and all rooms, until stopped." in shown
    assert shown.rstrip().endswith("[]")


def test_wrong_usage_is_two() -> None:
    runner = CliRunner()
    assert runner.invoke(app, ["no-such-command"]).exit_code == 2
    assert runner.invoke(app, ["serve", "no-such-room"]).exit_code == 2
    assert runner.invoke(app, ["up", "--mqtt-listen", "0.0.0.0:8883"]).exit_code == 2


def test_an_error_that_quotes_a_file_cannot_steer_the_terminal() -> None:
    assert printable("line 1: \x1b[31mred\x07\r\n") == "line 1: \ufffd[31mred\ufffd\ufffd\ufffd"
    assert len(printable("x" * 10_000)) == 500
