"""A sandbox's clock may stand in any year of a replayed history: the house's own figures hold there too."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

SERVICES = Path(__file__).parents[2] / "services"
EARLIEST = date(2000, 1, 1)
CHOSEN_BY_THE_HOUSE = (
    "advice/thresholds.yaml",
    "aftersales/incidents/thresholds.yaml",
    "aftersales/intake/limits.yaml",
    "aftersales/intake/safety.yaml",
    "aftersales/next_steps.yaml",
    "aftersales/opinions/publishing.yaml",
    "aftersales/urgency.yaml",
    "aftersales/visits/terms.yaml",
    "metering/supply_faults/thresholds.yaml",
    "metering/vee/thresholds.yaml",
)


@pytest.mark.parametrize("table", CHOSEN_BY_THE_HOUSE)
def test_some_version_holds_in_every_year_that_can_be_replayed(table: str) -> None:
    begins = list(_begins(yaml.safe_load((SERVICES / table).read_text("utf-8"))))
    assert begins, "it is dated"
    assert min(begins) <= EARLIEST


def _begins(content: Any) -> list[date]:
    if isinstance(content, dict):
        own = [content["valid_from"]] if "valid_from" in content else []
        return own + [found for value in content.values() for found in _begins(value)]
    if isinstance(content, list):
        return [found for value in content for found in _begins(value)]
    return []
