"""What people are told about, which advice they get, and how it reaches them."""

from enum import StrEnum


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
