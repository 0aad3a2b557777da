"""The worker that imports a file is killed: another goes on, and every value is counted once."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from tests.house import House, eventually, move_in, open_coop, running

pytestmark = [pytest.mark.engines, pytest.mark.faults]

MINUTES = 200_000


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with running(tmp_path_factory.mktemp("import")) as house:
        open_coop(house, "tilleuls")
        yield house


def test_a_killed_worker_loses_and_doubles_nothing(house: House, tmp_path: Path) -> None:
    home = move_in(house, "tilleuls", "A1", moved_in_on=date(2020, 1, 1))
    file = tmp_path / "minutes.csv"
    start = datetime(2025, 1, 1, tzinfo=UTC)
    file.write_text(
        "when;Wh\n"
        + "".join(f"{(start + timedelta(minutes=n)).isoformat()};{n % 9 + 1}\n" for n in range(MINUTES))
    )
    operator = house.operator()
    options = "time_column=when&value_column=Wh&unit=Wh&stamp=start&kind=interval"
    started = operator.send_file(f"/meters/{home.meter}/imports?{options}", file)

    def is_storing() -> bool:
        found = operator.get(f"/imports/{started['id']}")
        return bool(0 < found["rows"] < MINUTES)

    eventually(is_storing)
    house.kill("metering")
    half = operator.get(f"/imports/{started['id']}")
    assert half["state"] == "storing"
    assert half["rows"] < MINUTES

    def is_done() -> bool:
        return bool(operator.get(f"/imports/{started['id']}")["state"] == "done")

    eventually(is_done, seconds=150)
    found = operator.get(f"/imports/{started['id']}")
    assert (found["accepted"], found["duplicate"], found["refused"]) == (MINUTES, 0, 0)
    assert found["accepted_value"] == sum(n % 9 + 1 for n in range(MINUTES))
