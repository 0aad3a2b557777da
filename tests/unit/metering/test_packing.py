"""A closed day is small and comes back exactly."""

import pytest

from contracts.codes import Quality
from services.metering.packing import pack, quality_counts, unpack
from services.metering.settle import Slot, Source
from tests.unit.metering.builders import half_hourly, settled


def test_a_usual_day_takes_about_a_hundred_bytes() -> None:
    slots = settled(half_hourly(step_wh=210)).slots
    assert len(pack(slots)) < 110
    assert quality_counts(slots) == {"measured": 48}


@pytest.mark.parametrize("value", [None, 0, 1, 126, 127, 128, 16_383, 2**40])
def test_every_value_comes_back(value: int | None) -> None:
    slots = (
        Slot(value, Quality.MEASURED, Source.REGISTER),
        Slot(None, Quality.SUSPECT, Source.NONE),
        Slot(value, Quality.EDITED, Source.EDITED, is_conflict=True),
    )
    assert unpack(pack(slots)) == slots


def test_a_row_of_an_unknown_version_is_refused() -> None:
    with pytest.raises(ValueError, match="version 9"):
        unpack(bytes((9, 0)))
