"""Reading the broker's log: who published elsewhere than below its own topic, and what was wrong with it."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.metering.astray.following import Log
from services.metering.astray.lines import Wrong, read

METER = "mtr_01m82r907ze1gbwjmck2hycskw"
OTHER = "mtr_01m82r7krfebsrehrc5amz1ke1"
GATEWAY = "gtw_01m82r907ze1gbwjmck2hycskw"


def line(subject: str, user: str = METER, at: str = "23:08:19.721236") -> bytes:
    said = f'127.0.0.1:52595 - mid:323 - "{user}" - Publish Violation - Subject "{subject}"'
    return f"[18417] 2026/11/22 {at} [ERR] {said}".encode()


@pytest.mark.parametrize(
    ("subject", "wrong"),
    [
        (f"meters.tilleuls.{OTHER}.senml", Wrong.DEVICE),
        (f"meters.tilleuls.{METER.upper()}.senml", Wrong.DEVICE),
        (f"meters.Tilleuls.{METER}.senml", Wrong.COOP),
        (f"meter.tilleuls.{METER}.senml", Wrong.START),
        ("zigbee2mqtt.linky", Wrong.START),
        (f"meters.tilleuls.{METER}", Wrong.CODEC),
        ("meters", Wrong.COOP),
    ],
)
def test_what_is_wrong_with_the_topic_is_told_by_its_first_wrong_part(subject: str, wrong: Wrong) -> None:
    found = read(line(subject))
    assert found is not None
    assert (found.device, found.at) == (METER, datetime(2026, 11, 22, 23, 8, 19, 721236, tzinfo=UTC))
    assert found.wrong("tilleuls") is wrong


def test_a_gateways_topic_begins_otherwise_than_a_meters() -> None:
    found = read(line(f"meters.tilleuls.{GATEWAY}.senml", GATEWAY))
    assert found is not None
    assert found.wrong("") is Wrong.START, "also while nobody knows its cooperative"


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"[1] 2026/11/22 23:08:19.721236 [INF] Server is ready",
        line("readings.v1", "members"),
        line("x").replace(b"Publish", b"Subscription"),
        b'[1] 2026/11/22 23:08:19.721236 [INF] x: "' + line(f"meters.c.{METER}") + b'"',
    ],
)
def test_other_lines_say_nothing(said: bytes) -> None:
    assert read(said) is None


def test_every_word_of_what_is_wrong_is_told_on_pages() -> None:
    told = Path("services/metering/templates/metering/words.html").read_text().partition("set astray")[2]
    assert set(re.findall(r'"(\w+)": _\(', told.partition("%}")[0])) == set(Wrong)


def test_the_log_is_followed_through_half_lines_and_a_new_file(tmp_path: Path) -> None:
    path = tmp_path / "nats.log"
    log = Log(path)
    assert log.read() == ([], False), "the broker has not begun"
    whole = line("zigbee2mqtt.linky") + b"\n"
    path.write_bytes(whole + whole[:40])
    assert len(log.read()[0]) == 1
    with path.open("ab") as file:
        file.write(whole[40:])
    assert len(log.read()[0]) == 1
    path.rename(tmp_path / "nats.log.old")
    with (tmp_path / "nats.log.old").open("ab") as file:
        file.write(whole)
    assert len(log.read()[0]) == 1, "what was written before the new file began"
    path.write_bytes(whole * 2)
    assert log.read() == ([], True)
    assert len(log.read()[0]) == 2
    log.close()
