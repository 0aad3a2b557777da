"""GRDF's gas days, as its own answer (`releves`) or as PyGazpar writes them.

A gas day begins at six in the morning of its date. The volume is what the meter counted; energy is volume
times the file's conversion factor, which is handed on with the row.
"""

from collections.abc import Iterator
from typing import Any, BinaryIO

from contracts.codes import FileFormat, FileReason, Quantity
from contracts.units import GasFactor
from services.metering.files.deliveries import delivery, is_official
from services.metering.files.enedis_table import ZONE
from services.metering.files.head import Head, is_estimate
from services.metering.files.loading_json import loaded
from services.metering.files.numbers import micro
from services.metering.files.points import Mode, Parsed, Point, Refused, quoted
from services.metering.files.times import Clock
from services.metering.files.values import BadLine, Found, Options, Unreadable
from services.metering.fluids import is_plausible

GAS_DAY_HOUR = 6
_LITRES = 1_000
_FACTORS = ("converter_factor_kwh/m3", "coeffConversion")
_VOLUMES = ("volume_m3", "volumeBrutConsomme")
_POINTS = ("pce", "idPce", "idPCE", "numeroPce", "pceIdentifier")
_TYPES = ("type", "qualificationReleve")


def recognise(head: Head) -> Found | None:
    """The names `time_period` and `volume_m3`, or `journeeGaziere`."""
    if head.text.lstrip()[:1] not in ("{", "["):
        return None
    own = '"journeeGaziere"' in head.text
    if not own and not ('"time_period"' in head.text and '"volume_m3"' in head.text):
        return None
    return Found(
        FileFormat.GRDF_JSON,
        quantity=Quantity.VOLUME,
        unit="m³",
        stamp="start",
        zone=ZONE,
        step_s=86_400,
        rests_upon=("journeeGaziere",) if own else ("time_period", "volume_m3"),
    )


def points(source: BinaryIO, found: Found, options: Options) -> Parsed:
    """One point a gas day. Unreadable for weeks, months and years."""
    clock = Clock(options.zone or found.zone)
    for number, (one, point) in enumerate(_readings(loaded(source)), 1):
        day = one.get("journeeGaziere") or one.get("time_period")
        try:
            if day is None:
                raise Refused(FileReason.WRONG_TIME, one.get("dateDebutReleve") or "")
            start, step_s = _gas_day(str(day), clock)
            amount = micro(_first(one, _VOLUMES), _LITRES)
            factor = _factor(_first(one, _FACTORS))
            if factor and not is_plausible(GasFactor(factor), clock.civil_day(str(day))):
                yield BadLine(
                    number, FileReason.IMPLAUSIBLE_FACTOR, quoted(f"{_first(one, _FACTORS)} kWh/m³")
                )
                factor = 0
        except Refused as error:
            yield error.at(number) if error.cell else BadLine(number, error.reason, quoted(day))
            continue
        is_estimated = is_estimate(_first(one, _TYPES))
        yield Point(
            number,
            start,
            amount,
            Quantity.VOLUME,
            Mode.AMOUNT,
            "start",
            step_s,
            0,
            is_estimated,
            factor,
            point,
        )


def _gas_day(text: str, clock: Clock) -> tuple[int, int]:
    try:
        return clock.day(clock.civil_day(text), GAS_DAY_HOUR)
    except Refused:
        if any(sign.isalpha() for sign in text) or len(text) < 8:
            raise Unreadable(FileReason.LONG_PERIODS, quoted(text)) from None
        raise


def _factor(text: str) -> int:
    """Thousandths of kWh/m³; 0 when the file gives none."""
    try:
        return min(micro(text) // 1_000, 2**31 - 1)
    except Refused:
        return 0


def _first(one: dict[str, Any], names: tuple[str, ...]) -> str:
    return next((str(one[name]) for name in names if one.get(name) is not None), "")


def _readings(document: Any) -> Iterator[tuple[dict[str, Any], str]]:
    """Every reading, and the delivery point it is of: named beside it, above it, or by the name it stands
    under."""
    waiting = [(document, "")]
    while waiting:
        one, point = waiting.pop()
        if isinstance(one, dict):
            named = (one[name] for name in _POINTS if isinstance(one.get(name), str))
            point = delivery(next(named, "")) or point
            if "time_period" in one or "journeeGaziere" in one:
                yield one, point
                continue
            waiting.extend(
                (part, delivery(name) if is_official(delivery(name)) else point)
                for name, part in reversed(list(one.items()))
            )
        elif isinstance(one, list):
            waiting.extend((part, point) for part in reversed(one))
