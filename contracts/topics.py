"""Streams, subjects and MQTT topics: every name on the bus, in one place."""

import re
from dataclasses import dataclass

from contracts import advice, aftersales, members, metering, notifications, readings, time
from contracts.base import ID_BODY, SLUG, Event

EVENTS: tuple[type[Event], ...] = (
    readings.ReadingsBatch,
    readings.Rejected,
    readings.Retried,
    members.MovedIn,
    members.MovedOut,
    members.ConsentChanged,
    members.ContractChanged,
    members.MeterExchanged,
    members.ChannelsMapped,
    members.Erased,
    members.SandboxDropped,
    metering.DayClosed,
    metering.MeterSilent,
    metering.MeterHeard,
    metering.SupplyFault,
    metering.SupplyFaultCleared,
    advice.TipRaised,
    advice.TipOutcome,
    aftersales.TicketOpened,
    aftersales.TicketChanged,
    aftersales.IncidentDeclared,
    aftersales.IncidentUpdated,
    aftersales.IncidentResolved,
    aftersales.DeadlineNear,
    aftersales.CheckInDue,
    aftersales.InspectionSigned,
    notifications.Delivered,
    notifications.Failed,
    time.HourPassed,
)
BY_SUBJECT: dict[str, type[Event]] = {event.subject: event for event in EVENTS}


@dataclass(frozen=True)
class Stream:
    """A JetStream stream. `work_queue` keeps a message until its one consumer has stored it."""

    name: str
    subjects: tuple[str, ...]
    work_queue: bool
    max_age_days: int | None
    why: str


STREAMS: tuple[Stream, ...] = (
    Stream("READINGS", ("readings.v1",), True, None, "an acknowledged reading never expires unstored"),
    Stream("REJECTED", ("rejected.v1",), True, None, "moved into the quarantine table by metering"),
    Stream("RETRIED", ("retried.v1",), True, None, "quarantined messages on their way back to intake"),
    Stream(
        "EVENTS",
        ("members.>", "metering.>", "advice.>", "aftersales.>", "notifications.>", "time.>"),
        False,
        30,
        "facts that rooms tell each other",
    ),
    Stream("DEAD", ("dead.>",), False, None, "messages a room gave up on, kept until a person decides"),
)

METERS_FILTER = "meters/#"
GATEWAYS_FILTER = "gateways/#"


@dataclass(frozen=True)
class DeviceTopic:
    """A parsed MQTT topic: `meters/{coop}/{meter}/{codec}[/tail]` or `gateways/{coop}/{gateway}/…`."""

    coop: str
    meter: str | None
    gateway: str | None
    codec: str
    tail: str


_TOPIC = re.compile(
    rf"^(?:meters/(?P<mcoop>{SLUG})/(?P<meter>mtr_{ID_BODY})"
    rf"|gateways/(?P<gcoop>{SLUG})/(?P<gateway>gtw_{ID_BODY}))"
    r"/(?P<codec>[a-z0-9-]{1,32})(?:/(?P<tail>.*))?$"
)


def parse(topic: str) -> DeviceTopic | None:
    """The device topic, or None when it follows neither form."""
    match = _TOPIC.match(topic)
    if match is None:
        return None
    return DeviceTopic(
        coop=match["mcoop"] or match["gcoop"],
        meter=match["meter"],
        gateway=match["gateway"],
        codec=match["codec"],
        tail=match["tail"] or "",
    )


def meter_topic(coop: str, meter: str) -> str:
    """What a meter publishes under; the codec and the device's own tail follow."""
    return f"meters/{coop}/{meter}"


def gateway_topic(coop: str, gateway: str) -> str:
    return f"gateways/{coop}/{gateway}"
