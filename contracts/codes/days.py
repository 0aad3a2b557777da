"""What is said of a meter's settled days: how good they are, what was found, what they cost."""

from enum import StrEnum


class Quality(StrEnum):
    """Provenance of one slot of a load curve."""

    MEASURED = "measured"
    INTERPOLATED = "interpolated"
    ESTIMATED = "estimated"
    RECOVERED = "recovered"
    SUSPECT = "suspect"
    EDITED = "edited"
    MISSING = "missing"


class Check(StrEnum):
    """What validation can find about a meter's day. A closed list: each has words in both languages."""

    REGISTER_DROP = "register_drop"
    REGISTER_RESET = "register_reset"
    REGISTER_GLITCH = "register_glitch"
    REGISTER_FOREIGN = "register_foreign"
    REGISTER_ROLLOVER = "register_rollover"
    REGISTER_EXCHANGED = "register_exchanged"
    SPIKE = "spike"
    STUCK = "stuck"
    ZERO_RUN = "zero_run"
    GAP = "gap"
    DUPLICATE = "duplicate"
    CONFLICT = "conflict"
    SUM = "sum"
    UNUSUAL = "unusual"
    CLOCK_DRIFT = "clock_drift"


class Severity(StrEnum):
    """`hold` keeps half-hours back from totals, tips and cost until a person decides; `notice` only shows."""

    HOLD = "hold"
    NOTICE = "notice"


class EditKind(StrEnum):
    """What an operator decided about half-hours of a day: give their values, trust what checks held back,
    or treat what was measured as absent."""

    SET = "set"
    CONFIRM = "confirm"
    DISCARD = "discard"


class GasFactorSource(StrEnum):
    """Whose word the kWh of a cubic metre of gas are: the network operator's for that day, in an imported
    file; what staff wrote into the meter's contract; Palier's own dated table."""

    NETWORK = "network"
    CONTRACT = "contract"
    TABLE = "table"


class CostReason(StrEnum):
    """Why a day has no cost. A closed list: each has words in both languages."""

    NO_CONTRACT = "no_contract"
    NO_PRICE = "no_price"
    NO_OFFPEAK_HOURS = "no_offpeak_hours"
    TEMPO_COLOUR_UNKNOWN = "tempo_colour_unknown"
    NO_SLOTS = "no_slots"
    """The price changes during the day, of which only the total is kept."""
    NO_TARIFF_FOR_FLUID = "no_tariff_for_fluid"
    NO_GAS_FACTOR = "no_gas_factor"
    NOTHING_KNOWN = "nothing_known"
    """All of the day is missing or held back."""


class EnergyReason(StrEnum):
    """Why a day of gas, counted in litres, has no energy."""

    NO_GAS_FACTOR = "no_gas_factor"
