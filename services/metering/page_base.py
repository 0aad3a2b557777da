"""What the household's and the operator's pages share: one router, one way to render, amounts in words."""

from dataclasses import dataclass
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse

from contracts.codes import UNIT_OF, Fluid, Quantity
from contracts.codes import Unit as Measure
from contracts.units import Volume
from services.kit.i18n import Formats, language_of
from services.kit.pages import page_router, render
from services.metering.fluids import is_converted

pages = page_router("metering")
SLOT_MINUTES = 30


@dataclass(frozen=True)
class Amounts:
    """Whole Wh or litres as people read them: kWh, litres, cubic metres of gas."""

    formats: Formats
    quantity: Quantity
    fluid: Fluid | None = None

    @property
    def is_energy(self) -> bool:
        return UNIT_OF[self.quantity] is Measure.WH

    @property
    def is_gas_volume(self) -> bool:
        return self.fluid is not None and is_converted(self.fluid, self.quantity)

    @property
    def unit(self) -> str:
        return "kWh" if self.is_energy else "m³" if self.is_gas_volume else "L"

    def text(self, value: float | None, digits: int = 1) -> str:
        """`11,4 kWh`, `312 L`, of gas `5,12 m³`."""
        if value is None:
            return "–"
        if self.is_energy:
            return self.formats.kwh(round(value), digits)
        if self.is_gas_volume:
            return f"{self.formats.number(round(Volume(round(value)).cubic_metres, 2))} m³"
        return f"{self.formats.number(round(value))} L"

    def chart(self, value: float | None) -> float | None:
        """The amount in the unit that charts show."""
        if value is None:
            return None
        return round(value / 1_000, 3) if self.is_energy or self.is_gas_volume else round(value, 1)


def span(slots: int) -> str:
    """So many half-hours as a length of time."""
    hours, minutes = divmod(slots * SLOT_MINUTES, 60)
    parts = ([f"{hours} h"] if hours else []) + ([f"{minutes} min"] if minutes or not hours else [])
    return " ".join(parts)


def answer(
    request: Request, template: str, status: int = 200, zone: str = "Europe/Paris", **context: Any
) -> HTMLResponse:
    """A page in the reader's language and the civil time of `zone`."""
    formats = Formats(language_of(request), zone)
    return render(request, f"metering/{template}", status, formats=formats, span=span, **context)


def formats_of(request: Request, zone: str = "Europe/Paris") -> Formats:
    return Formats(language_of(request), zone)
