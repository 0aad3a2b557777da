"""Readings on their way from intake to metering, and what intake could not read."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import ClassVar, Self

from pydantic import Field, model_validator

from contracts.base import CoopSlug, Event, GatewayId, Instant, Message, MeterId, RejectedId
from contracts.codes import Kind, Quantity, Reason, Unit


class Source(Message):
    """What a value is of: a register of a meter, or of a name behind a gateway, as one codec reads it."""

    meter: MeterId | None = None
    """The meter, when the device publishes for itself."""
    gateway: GatewayId | None = None
    """Else the gateway whose channel map says which meter `channel` is."""
    channel: str | None = Field(default=None, max_length=200)
    """The device's own name behind the gateway."""
    register_: str = Field(alias="register", max_length=64, pattern=r"^[a-z_]+(\.[a-z0-9_]+)?(@\d+)?$")
    """`energy_import`, `energy_import.hp` (a part of the total), `energy_import@1800` (an interval of
    1,800 s), `power`, `power@60` (a mean over 60 s)."""
    quantity: Quantity
    kind: Kind
    step_s: int = Field(default=0, ge=0, le=86_400)
    """Length of the interval in seconds; 0 for a register or a momentary sample."""
    unit: Unit
    codec: str = Field(max_length=32)


class Reading(Source):
    """One value of one register of one meter at one instant.

    Natural key: (meter, register, instant). A repeated key changes nothing.
    """

    instant: Instant
    """UTC. For an interval or a mean: its start."""
    value_milli: int = Field(ge=-(2**62), le=2**62)
    """The value in thousandths of `unit`: integers add up exactly, floats do not."""


class Run(Source):
    """Readings of one source: what they share is said once. The n-th instant has the n-th value."""

    at_us: tuple[int, ...]
    """Instants in microseconds since 1970 UTC; for intervals and means: their starts."""
    values_milli: tuple[int, ...]
    """In thousandths of `unit`."""

    @model_validator(mode="after")
    def _is_paired(self) -> Self:
        if len(self.at_us) != len(self.values_milli):
            raise ValueError("each instant has one value")
        return self

    @classmethod
    def of(cls, reading: Reading) -> "Run":
        """A run of one."""
        shared = {name: getattr(reading, name) for name in Source.model_fields}
        us = (reading.instant - _EPOCH) // timedelta(microseconds=1)
        return cls.model_construct(**shared, at_us=(us,), values_milli=(reading.value_milli,))

    def readings(self) -> Iterator[Reading]:
        """One by one."""
        shared = {name: getattr(self, name) for name in Source.model_fields}
        for us, value in zip(self.at_us, self.values_milli, strict=True):
            yield Reading.model_construct(
                **shared, instant=_EPOCH + timedelta(microseconds=us), value_milli=value
            )


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class ReadingsBatch(Event):
    """Up to 500 readings made durable by one acknowledgement of the stream.

    Rooms that hear it are brought up to date before the intakes that say it.
    """

    subject: ClassVar[str] = "readings.v1"
    stream: ClassVar[str] = "READINGS"

    received_at: Instant
    messages: int = Field(ge=1)
    """How many MQTT messages this batch acknowledges."""
    readings: tuple[Reading, ...] = ()
    """Said singly, as intakes did before `runs`."""
    runs: tuple[Run, ...] = ()
    rejected: RejectedId | None = None
    """The quarantined message that these readings end, once it could be read after all. All of it is durable
    then: a long message is spread over several batches, and only the last one says so."""

    def all_runs(self) -> Iterator[Run]:
        """However they are said."""
        yield from self.runs
        for reading in self.readings:
            yield Run.of(reading)

    def all_readings(self) -> Iterator[Reading]:
        """One by one."""
        for run in self.all_runs():
            yield from run.readings()


class Refused(Message):
    """An MQTT message that could not be read, kept whole so that it can be retried."""

    id: RejectedId
    received_at: Instant
    topic: str
    codec: str | None = None
    meter: MeterId | None = None
    gateway: GatewayId | None = None
    channel: str | None = None
    reason: Reason
    detail: str = Field(max_length=500)
    """What was wrong, for a person to act on; never the payload itself."""
    payload_base64: str


class Rejected(Event, Refused):
    """One message that could not be read, and others that were refused in the same moments.

    Rooms that hear it are brought up to date before the intakes that say it.
    """

    subject: ClassVar[str] = "rejected.v1"
    stream: ClassVar[str] = "REJECTED"

    coop: CoopSlug | None = None  # type: ignore[assignment]
    """None when the topics name no cooperative."""
    asked_at: Instant | None = None
    """When somebody asked for the try that failed again; None for the first one."""
    others: tuple[Refused, ...] = ()
    """Of the same cooperative, made durable by the same acknowledgement: a fleet whose clocks are wrong says
    thousands of them a second."""

    def alone(self) -> Refused:
        """The one message."""
        return Refused.model_construct(**{name: getattr(self, name) for name in Refused.model_fields})

    def each(self) -> Iterator["Rejected"]:
        """One by one."""
        yield self.model_copy(update={"others": ()}) if self.others else self
        for other in self.others:
            yield Rejected.model_construct(coop=self.coop, **dict(other))


class Retried(Event):
    """A quarantined MQTT message goes back to intake, to be read with the codecs of today.

    Published by metering, which keeps the message until intake has answered: with its readings
    (`ReadingsBatch.rejected`), or with a `Rejected` of the same `id` and `asked_at`.
    """

    subject: ClassVar[str] = "retried.v1"
    stream: ClassVar[str] = "RETRIED"

    coop: CoopSlug
    """`palier` when the topic names no cooperative."""
    id: RejectedId
    asked_at: Instant
    """Tells one try from another."""
    received_at: Instant
    """When intake first received it: what its instants are judged by."""
    topic: str
    payload_base64: str
