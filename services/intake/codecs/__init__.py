"""The codecs by name: how each kind of device writes its readings. Pure functions of bytes."""

from services.intake.codecs import (
    dsmr_reader,
    esphome,
    load_curve,
    p1,
    senml,
    shelly,
    tasmota,
    wmbusmeters,
    zlinky,
)
from services.intake.codecs.base import Decode, Decoded, Refusal, Value

CODECS: dict[str, Decode] = {
    "senml": senml.decode,
    "load-curve": load_curve.decode,
    "zlinky": zlinky.decode,
    "tasmota": tasmota.decode,
    "esphome": esphome.decode,
    "shelly": shelly.decode,
    "dsmr-reader": dsmr_reader.decode,
    "p1": p1.decode,
    "wmbusmeters": wmbusmeters.decode,
}

__all__ = ["CODECS", "Decode", "Decoded", "Refusal", "Value"]
