"""Who owes a repair, under which warranty, how soon, and by which kind of clock."""

from enum import StrEnum


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
    INSTALLER_CONTRACT = "installer_contract"
    """What the installer of replaced or added equipment warrants by contract."""
    NONE = "none"


class ClockFamily(StrEnum):
    SAFETY = "safety"
    SERVICE = "service"
    LEGAL = "legal"
