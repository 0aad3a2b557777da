"""The codecs by name: how each kind of device writes its readings. Pure functions of bytes."""

from services.intake.codecs import load_curve, senml
from services.intake.codecs.base import Decode, Decoded, Refusal, Value

CODECS: dict[str, Decode] = {
    "senml": senml.decode,
    "load-curve": load_curve.decode,
}

__all__ = ["CODECS", "Decode", "Decoded", "Refusal", "Value"]
