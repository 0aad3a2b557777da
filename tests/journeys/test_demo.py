"""`palier demo` as a visitor starts it: a month with its report, then live until Ctrl-C."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from mailbox import Maildir
from pathlib import Path
from typing import Any

import psutil
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.house import eventually

SMALL = ("--homes", "4", "--days", "8")
SECONDS = 240.0
FIELDS = {
    "homes", "days", "readings_published", "readings_stored", "readings_rejected", "energy_published_wh",
    "energy_stored_wh", "tips_raised", "tickets_opened", "notifications_delivered", "seconds",
}  # fmt: skip


class RealWorld:
    """A relay that would bring letters to real people."""

    def __init__(self) -> None:
        self.letters: list[str] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.letters.append(str(envelope.rcpt_tos))
        return "250 OK"


@pytest.fixture
def relay() -> Iterator[tuple[RealWorld, str]]:
    with socket.create_server(("127.0.0.1", 0)) as probe:  # the controller cannot say which port it took
        port = probe.getsockname()[1]
    world = RealWorld()
    controller = Controller(world, hostname="127.0.0.1", port=port)
    controller.start()
    yield world, f"smtp://127.0.0.1:{port}"
    controller.stop()


def _start(folder: Path, *arguments: str, **environment: str) -> subprocess.Popen[str]:
    plain = {name: value for name, value in os.environ.items() if not name.startswith("PALIER_")}
    command = [sys.executable, "-m", "deploy.cli", "demo", *SMALL, "--data-dir", str(folder / "data")]
    with (folder / "demo.log").open("w") as log:
        return subprocess.Popen(
            [*command, *arguments],
            stdout=subprocess.PIPE, stderr=log, text=True, env=plain | environment,
        )  # fmt: skip


def _log(folder: Path) -> str:
    return (folder / "demo.log").read_text()[-3000:]


def test_a_month_without_a_screen_ends_with_its_report_and_writes_to_nobody_real(
    tmp_path: Path, relay: tuple[RealWorld, str]
) -> None:
    world, url = relay
    process = _start(tmp_path, "--headless", "--report", str(tmp_path / "report.json"), PALIER_SMTP_URL=url)
    printed, _ = process.communicate(timeout=SECONDS)
    assert process.returncode == 0, _log(tmp_path)
    report: dict[str, Any] = json.loads(printed)
    assert json.loads((tmp_path / "report.json").read_text()) == report
    assert report.keys() >= FIELDS
    assert (report["homes"], report["days"]) == (4, 8)
    assert report["energy_stored_wh"] == report["energy_published_wh"] > 0
    amounts = report["amounts"]
    # Four homes: one with gas and panels, two with water by radio; the stairs and the lift beside them.
    assert amounts.keys() == {"energy_wh", "fed_in_wh", "water_l", "gas_l", "common_parts_wh"}
    for one in amounts.values():
        assert one["stored"] == one["published"] > 0
    handled = report["readings_stored"] + report["readings_discarded"] + report["readings_duplicate"]
    assert (handled, report["readings_rejected"]) == (report["readings_published"], 0)
    assert report["tickets_opened"] > 0
    assert report["notifications_delivered"] > 0
    assert report["ticket_actions_refused"] == {}
    assert world.letters == []
    letters = list(Maildir(tmp_path / "data" / "mailbox", create=False))
    assert letters
    domains = {str(letter["To"]).rpartition("@")[2].rstrip(">") for letter in letters}
    assert domains == {"foyers.invalid", "entreprises.invalid", "demo.invalid"}


def test_ctrl_c_on_the_live_part_ends_everything(tmp_path: Path) -> None:
    process = _start(tmp_path)
    assert process.stdout
    process.stdout.close()
    family: list[psutil.Process] = []

    def is_live() -> bool:
        assert process.poll() is None, _log(tmp_path)
        return "Ctrl-C" in (tmp_path / "demo.log").read_text()

    try:
        eventually(is_live, SECONDS, "the demo does not go on live")
        family = psutil.Process(process.pid).children(recursive=True)
        assert len(family) > 8
        began = time.monotonic()
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 0, _log(tmp_path)
        assert time.monotonic() - began < 12
        assert "Traceback" not in _log(tmp_path)
        _, alive = psutil.wait_procs(family, timeout=30)
        assert alive == []
    finally:
        if process.poll() is None:
            process.kill()
        for one in family:
            if one.is_running():
                one.kill()
