"""The closed lists that messages, the HTTP API and the database share. Codes are English snake_case,
French legal notions keep their French name (see glossary.md)."""

from enum import StrEnum


class Quantity(StrEnum):
    """What a reading measures. The canonical unit of each is `UNIT_OF`."""

    ENERGY_IMPORT = "energy_import"
    ENERGY_EXPORT = "energy_export"
    POWER = "power"
    APPARENT_POWER = "apparent_power"
    VOLUME = "volume"
    HEAT = "heat"
    VOLTAGE = "voltage"
    TEMPERATURE = "temperature"


class Unit(StrEnum):
    """Canonical units; a codec converts everything else before a reading leaves it."""

    WH = "Wh"
    W = "W"
    VA = "VA"
    L = "L"
    V = "V"
    CEL = "Cel"


UNIT_OF: dict[Quantity, Unit] = {
    Quantity.ENERGY_IMPORT: Unit.WH,
    Quantity.ENERGY_EXPORT: Unit.WH,
    Quantity.POWER: Unit.W,
    Quantity.APPARENT_POWER: Unit.VA,
    Quantity.VOLUME: Unit.L,
    Quantity.HEAT: Unit.WH,
    Quantity.VOLTAGE: Unit.V,
    Quantity.TEMPERATURE: Unit.CEL,
}


class Kind(StrEnum):
    """How a value relates to time.

    `register`: cumulative index read at the instant. `interval`: amount over `step_s` seconds that
    start at the instant. `sample`: momentary value at the instant; a `step_s` > 0 says that it is
    the mean over the `step_s` seconds that start there (it can then be integrated exactly).
    """

    REGISTER = "register"
    INTERVAL = "interval"
    SAMPLE = "sample"


class Fluid(StrEnum):
    ELECTRICITY = "electricity"
    GAS = "gas"
    WATER = "water"
    HOT_WATER = "hot_water"
    HEAT = "heat"


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


class Reason(StrEnum):
    """Why a message went to quarantine. A closed list: each has words in both languages."""

    UNKNOWN_TOPIC = "unknown_topic"
    UNKNOWN_CODEC = "unknown_codec"
    UNKNOWN_METER = "unknown_meter"
    NOT_UTF8 = "not_utf8"
    NOT_JSON = "not_json"
    WRONG_SHAPE = "wrong_shape"
    UNKNOWN_FIELD = "unknown_field"
    UNKNOWN_QUANTITY = "unknown_quantity"
    WRONG_UNIT = "wrong_unit"
    NOT_A_NUMBER = "not_a_number"
    NEGATIVE_REGISTER = "negative_register"
    OUT_OF_RANGE = "out_of_range"
    NO_TIME = "no_time"
    RELATIVE_TIME = "relative_time"
    TOO_OLD = "too_old"
    IN_FUTURE = "in_future"
    TOO_LARGE = "too_large"
    EMPTY = "empty"
    RETAINED = "retained"
    CHECKSUM = "checksum"
    DECODER_FAULT = "decoder_fault"


class FileFormat(StrEnum):
    """Files of past consumption that can be imported. Each has words in both languages."""

    ENEDIS_CSV = "enedis_csv"
    ENEDIS_R63 = "enedis_r63"
    ENEDIS_XLSX = "enedis_xlsx"
    CONSO_DOWNLOADER = "conso_downloader"
    ENEDIS_JSON = "enedis_json"
    GRDF_JSON = "grdf_json"
    GREEN_BUTTON = "green_button"
    P1_CSV = "p1_csv"
    UCI = "uci"
    OPENDSM = "opendsm"
    CSV = "csv"


class FileReason(StrEnum):
    """Why a file, or one of its lines, was not read. A closed list: each has words in both languages."""

    # The whole file.
    UNKNOWN_FORMAT = "unknown_format"
    NOT_TEXT = "not_text"
    BROKEN_FILE = "broken_file"
    TOO_LARGE = "too_large"
    ARCHIVE = "archive"
    EMPTY_FILE = "empty_file"
    SERVICE_ERROR = "service_error"
    NOT_CONSUMPTION = "not_consumption"
    LONG_PERIODS = "long_periods"
    OPTION_NEEDED = "option_needed"
    UNKNOWN_OPTION = "unknown_option"
    UNKNOWN_COLUMN = "unknown_column"
    AMBIGUOUS_DATES = "ambiguous_dates"
    # One line.
    WRONG_TIME = "wrong_time"
    NO_VALUE = "no_value"
    NOT_A_NUMBER = "not_a_number"
    WRONG_UNIT = "wrong_unit"
    NEGATIVE = "negative"
    OUT_OF_RANGE = "out_of_range"
    IN_FUTURE = "in_future"
    REPEATED_TIME = "repeated_time"
    CONFLICTING_TIME = "conflicting_time"
    OVERLAP = "overlap"
    IRREGULAR_STEP = "irregular_step"
    REGISTER_FELL = "register_fell"
    WRONG_SHAPE = "wrong_shape"


class Role(StrEnum):
    RESIDENT = "resident"
    CARETAKER = "caretaker"
    STAFF = "staff"
    OPERATOR = "operator"


class Purpose(StrEnum):
    """What a household may consent to, each given and withdrawn separately, off by default."""

    DAILY = "daily"
    HALF_HOURLY = "half_hourly"
    ADVICE = "advice"
    COMPARISON = "comparison"


class Right(StrEnum):
    """In what capacity a person belongs to an occupancy."""

    HOLDER = "holder"
    CO_HOLDER = "co_holder"
    CARER = "carer"
    GUARDIAN = "guardian"


class Tenure(StrEnum):
    TENANT = "tenant"
    BUYER_VEFA = "buyer_vefa"
    CO_OWNER = "co_owner"
    PSLA = "psla"
    BRS = "brs"


class Heating(StrEnum):
    ELECTRIC = "electric"
    GAS = "gas"
    COLLECTIVE = "collective"
    DISTRICT = "district"


class TariffKind(StrEnum):
    BASE = "base"
    PEAK_OFFPEAK = "peak_offpeak"
    TEMPO = "tempo"
    OWN = "own"


class Language(StrEnum):
    FR = "fr"
    EN = "en"


class Priority(StrEnum):
    """P0 call the emergency number, P1 within 4 h, P2 24 h, P3 5 working days, P4 planned."""

    P0 = "p0"
    P1 = "p1"
    P2 = "p2"
    P3 = "p3"
    P4 = "p4"


class Responsible(StrEnum):
    RESIDENT = "resident"
    COOPERATIVE = "cooperative"
    VENDOR = "vendor"
    CONTRACTOR = "contractor"
    SYNDIC = "syndic"
    INSURER = "insurer"


class Regime(StrEnum):
    """French construction warranties; see glossary.md."""

    APPARENT_1642_1 = "apparent_1642_1"
    PARFAIT_ACHEVEMENT = "parfait_achevement"
    BIENNALE = "biennale"
    DECENNALE = "decennale"
    ACOUSTIQUE = "acoustique"
    NONE = "none"


class ClockFamily(StrEnum):
    SAFETY = "safety"
    SERVICE = "service"
    LEGAL = "legal"


class Rule(StrEnum):
    """Advice rules."""

    STANDBY_LOAD = "standby_load"
    OFFPEAK_SHIFT = "offpeak_shift"
    SUBSCRIBED_POWER = "subscribed_power"


class Channel(StrEnum):
    """How a notification reaches a person."""

    IN_APP = "in_app"
    EMAIL = "email"
    SMS = "sms"
    POST = "post"


class Category(StrEnum):
    """What a notification is about: the unit of a person's preferences."""

    TIPS = "tips"
    TICKETS = "tickets"
    SAFETY = "safety"
    LEGAL = "legal"
    ACCOUNT = "account"
