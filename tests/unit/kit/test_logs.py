"""Logs are for machines, in UTC, and keep no person's data."""

import json
import logging
import sys

from services.kit.logs import JsonFormatter


def line(message: str, *, failed: bool = False, **extra: object) -> dict[str, object]:
    record = logging.makeLogRecord(
        {"name": "room", "levelno": 30, "levelname": "WARNING", "msg": message} | extra
    )
    if failed:
        try:
            exec(compile("raise ValueError('boom\\nsecret second line')", "<frozen thing>", "exec"))
        except ValueError:
            record.exc_info = sys.exc_info()
    return dict(json.loads(JsonFormatter("metering").format(record)))


def test_extra_fields_stay_fields() -> None:
    said = line("stored", rows=12)
    assert (said["room"], said["message"], said["rows"], said["level"]) == (
        "metering",
        "stored",
        12,
        "warning",
    )
    assert str(said["at"]).endswith("+00:00")


def test_an_address_or_a_meter_point_number_never_reaches_the_disk() -> None:
    said = line("mail to someone@example.org failed", point="30000123456789")
    assert "example.org" not in json.dumps(said)
    assert "30000123456789" not in json.dumps(said)


def test_an_error_says_what_and_where_even_from_frozen_code() -> None:
    said = line("failed", failed=True)
    assert (said["error"], said["why"]) == ("ValueError", "boom")
    assert said["where"]
