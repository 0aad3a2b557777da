"""Who people are to the cooperative and to a home, what they agreed to, how they live and read."""

from enum import StrEnum


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
