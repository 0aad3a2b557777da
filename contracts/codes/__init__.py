"""The closed lists that messages, the HTTP API and the database share, by subject; this is their one door.

Codes are English snake_case, French legal notions keep their French name (see glossary.md).
"""

from contracts.codes.aftersales import ClockFamily, Priority, Regime, Responsible
from contracts.codes.days import Check, CostReason, EditKind, EnergyReason, GasFactorSource, Quality, Severity
from contracts.codes.intake import Codec, FileFormat, FileReason, Reason
from contracts.codes.messages import Category, Channel, Rule
from contracts.codes.people import Heating, Language, Purpose, Right, Role, TariffKind, Tenure
from contracts.codes.quantities import UNIT_OF, Fluid, Kind, Quantity, Unit

__all__ = [
    "UNIT_OF",
    "Category",
    "Channel",
    "Check",
    "ClockFamily",
    "Codec",
    "CostReason",
    "EditKind",
    "EnergyReason",
    "FileFormat",
    "FileReason",
    "Fluid",
    "GasFactorSource",
    "Heating",
    "Kind",
    "Language",
    "Priority",
    "Purpose",
    "Quality",
    "Quantity",
    "Reason",
    "Regime",
    "Responsible",
    "Right",
    "Role",
    "Rule",
    "Severity",
    "TariffKind",
    "Tenure",
    "Unit",
]
