"""Real devices through MQTT: telegrams become readings, and what the broker kept is not taken for news."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from contracts.codes import Reason
from contracts.topics import gateway_topic, meter_topic
from services.kit.ids import new_id
from tests.integration.intake.chain import COOP, now, take_readings, take_rejected, until

pytestmark = pytest.mark.engines


async def test_real_telegrams_become_readings_and_a_damaged_one_is_told_apart(
    bus, device, intake, shared_data: Path
):
    kaifa = (shared_data / "dsmr" / "V4_2_kaifa.txt").read_bytes()
    box = f"{gateway_topic(COOP, new_id('gtw'))}/p1"
    async with intake():
        mids = {
            device.publish(kaifa, f"{meter_topic(COOP, device.id)}/p1"),
            device.publish(kaifa, box),
            device.publish(kaifa.replace(b"1581.123", b"1681.123"), f"{meter_topic(COOP, device.id)}/p1"),
        }
        await device.all_acknowledged(mids)
        await until(lambda: _there(bus, 11))
    readings = await take_readings(bus)
    mine = {reading.register_: reading.value_milli for reading in readings if reading.meter == device.id}
    assert mine == {
        "energy_import.t1": 1_581_123_000,
        "energy_import.t2": 1_435_706_000,
        "energy_export.t1": 0,
        "energy_export.t2": 0,
        "power": 2_027_000,
    }
    assert {reading.instant for reading in readings if reading.meter == device.id} == {
        datetime(2016, 11, 13, 19, 57, 57, tzinfo=UTC)
    }
    (gas,) = [reading for reading in readings if reading.channel == "mbus-1"]
    assert (gas.value_milli, gas.instant) == (981_443_000, datetime(2016, 11, 29, 19, tzinfo=UTC))
    await until(lambda: _rejected(bus, 1))
    assert [item.reason for item in await take_rejected(bus)] == [Reason.CHECKSUM]


async def test_what_the_broker_kept_is_one_rejection_however_often_intake_comes_back(bus, device, intake):
    field = f"{meter_topic(COOP, device.id)}/dsmr-reader/reading/electricity_delivered_1"
    async with intake():
        await device.all_acknowledged({device.publish(b"1581.123", field, retain=True)})
        await until(lambda: _there(bus, 1))
    for times in (1, 2):
        async with intake():
            await until(lambda times=times: _rejected(bus, times))
    rejected = await take_rejected(bus)
    async with intake():  # an empty message makes the broker forget it
        await until(lambda: _rejected(bus, 3))
        await device.all_acknowledged({device.publish(b"", field, retain=True)})
        await device.all_acknowledged({device.publish_index(1_767_610_800, 5)})
        await until(lambda: _there(bus, 2))
    assert {item.reason for item in rejected} == {Reason.RETAINED}
    assert len({item.id for item in rejected}) == 1
    fields = [reading for reading in await take_readings(bus) if reading.codec == "dsmr-reader"]
    assert len(fields) == 1, "when it came first, it was news"


async def _there(bus, count: int) -> bool:
    return await now(len(await take_readings(bus)) >= count)


async def _rejected(bus, count: int) -> bool:
    return len(await take_rejected(bus)) >= count
