"""What a dwelling's file holds of dates and equipment: the input of its legal windows."""

from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from contracts.codes import Tenure
from services.aftersales.priority import HeatingPeriod, default_heating_period
from services.aftersales.warranty import Dates, latest_reception
from services.aftersales.words import Reason

EquipmentRegime = Literal["works", "contract", "ouvrage"]
"""`works`: part of the works, warranted from their réception. `contract`: replaced or added later, only its
installer's contract. `ouvrage`: itself a work, with warranties of its own from its installation."""
REGIMES: tuple[EquipmentRegime, ...] = ("works", "contract", "ouvrage")


@dataclass(frozen=True)
class Installed:
    """A piece of equipment with its own day of installation."""

    id: str
    element: str
    installed_on: date
    regime: EquipmentRegime
    place: str | None = None
    contract_ends_on: date | None = None
    """Last day of what the installer's contract warrants, where it is known."""


@dataclass(frozen=True)
class File:
    """The legal days of a dwelling and of the household that lives there; all are civil days."""

    reception_on: date | None = None
    livraison_on: date | None = None
    moved_in_on: date | None = None
    etat_des_lieux_on: date | None = None
    heating: HeatingPeriod = field(default_factory=default_heating_period)
    is_heating_known: bool = True
    """False when no setting of the building or cooperative says its season."""
    declared: tuple[tuple[str, date], ...] = ()
    """Requests declared to the dommages-ouvrage insurer: id, and the day it received the declaration."""
    has_open_reserves: bool = False
    equipment: tuple[Installed, ...] = ()
    built_on: date | None = None
    """Of the building, where it is known."""

    def keys_on(self, tenure: Tenure | None) -> tuple[date | None, tuple[Reason, ...]]:
        """The day of the keys. A buyer whose livraison is not recorded is taken to have moved in on it."""
        if self.livraison_on is not None:
            return self.livraison_on, ()
        if tenure is Tenure.BUYER_VEFA and self.moved_in_on is not None:
            return self.moved_in_on, (Reason("keys_assumed"),)
        return None, ()

    def latest_reception(self) -> date | None:
        """Until when the works were received at the latest, where the building's age says it."""
        dates = Dates(livraison_on=self.livraison_on, built_on=self.built_on)
        return latest_reception(dates, None)

    def entry_on(self) -> tuple[date | None, tuple[Reason, ...]]:
        """The day of the entry inspection, else of the move-in."""
        if self.etat_des_lieux_on is not None:
            return self.etat_des_lieux_on, ()
        return self.moved_in_on, (Reason("entry_assumed"),) if self.moved_in_on else ()

    @property
    def heating_notes(self) -> tuple[Reason, ...]:
        return () if self.is_heating_known else (Reason("heating_season_assumed"),)
