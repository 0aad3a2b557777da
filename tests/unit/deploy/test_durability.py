"""The doctor's judgement of an engine's settings."""

import pytest

from deploy.engines.durability import judge_nats, judge_postgres

POSTGRES = {
    "server_version_num": "180004",
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "data_checksums": "on",
    "max_connections": "200",
}
NATS = {
    "version": "2.15.1",
    "max_payload": 8 * 2**20,
    "jetstream": {"config": {"sync_always": True, "sync_interval": 120_000_000_000}},
    "mqtt": {"port": 1883, "ack_wait": 5_000_000_000, "max_ack_pending": 8191},
}


def test_engines_as_palier_sets_them_are_well() -> None:
    assert {check.verdict for check in [*judge_postgres(POSTGRES), *judge_nats(NATS)]} == {"ok"}


@pytest.mark.parametrize("name", ["fsync", "synchronous_commit", "full_page_writes"])
def test_a_database_that_may_lose_commits_fails(name: str) -> None:
    failed = [check for check in judge_postgres(POSTGRES | {name: "off"}) if check.verdict == "failed"]
    assert [check.name for check in failed] == [f"postgres {name}"]
    assert f"ALTER SYSTEM SET {name} = 'on'" in failed[0].advice


def test_a_bus_that_syncs_every_two_minutes_fails() -> None:
    lazy = NATS | {"jetstream": {"config": {"sync_interval": 120_000_000_000}}}
    failed = [check for check in judge_nats(lazy) if check.verdict == "failed"]
    assert [(check.name, check.found) for check in failed] == [("nats sync_interval", "120 s")]
    assert "sync_interval: always" in failed[0].advice


def test_a_bus_without_jetstream_fails() -> None:
    assert [check.name for check in judge_nats({"jetstream": {}})] == ["nats jetstream"]


@pytest.mark.parametrize("pending", [1024, 65_535])
def test_too_few_or_too_many_unacknowledged_messages_are_named(pending: int) -> None:
    checks = judge_nats(NATS | {"mqtt": {"port": 1883, "ack_wait": 0, "max_ack_pending": pending}})
    assert [check.name for check in checks if check.verdict == "warning"] == ["mqtt max_ack_pending"]


def test_another_broker_is_left_to_its_operator() -> None:
    assert [check.name for check in judge_nats(NATS | {"mqtt": {}}) if check.verdict == "warning"] == [
        "mqtt listener"
    ]
