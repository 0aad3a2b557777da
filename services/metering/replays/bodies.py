"""What the API takes and gives about feeds and replays. Unknown fields are refused, so that a typing error is
seen."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, model_validator

from contracts.codes import Quantity
from services.kit.said import Message
from services.metering.replays import actions
from services.metering.replays.problems import told
from services.metering.replays.states import Action, FeedState, Origin, State, shown_speed

MOST_HOME_DAYS = 20_000
"""Of a scenario: beyond it, drawing it takes longer than anybody waits."""


def _moment(value: Any) -> Any:
    """A civil day as a date, an instant as a datetime: pydantic alone would make midnight of a day."""
    if isinstance(value, str):
        try:
            return date.fromisoformat(value) if len(value) == 10 else datetime.fromisoformat(value)
        except ValueError:
            raise ValueError(
                Message("Give a civil day such as 2026-01-05, or an instant with its offset.", {})
            ) from None
    return value


def _speed(value: Any) -> Any:
    if isinstance(value, str):
        if value == "max":
            return None
        try:
            value = float(value.removesuffix("x").removesuffix("×"))
        except ValueError:
            raise ValueError(Message("Give a number of times real time, or max.", {})) from None
    return value


Moment = Annotated[date | datetime, BeforeValidator(_moment)]
Speed = Annotated[
    float | None,
    Field(gt=0, le=1e9),
    BeforeValidator(_speed, json_schema_input_type=float | str | None),
    PlainSerializer(shown_speed, return_type=float | str),
]
"""Times real time; `max` (or null) is as fast as the service takes it."""


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class FeedOptions(Body):
    """What a person says of a file that does not say it itself; the same words as for imports."""

    time_column: str | None = Field(default=None, max_length=200)
    value_column: str | None = Field(default=None, max_length=200)
    unit: str | None = Field(default=None, max_length=16)
    stamp: Literal["start", "end"] | None = None
    kind: Literal["interval", "register"] | None = None
    quantity: Quantity | None = None
    date_order: Literal["dmy", "mdy"] | None = None


class ScenarioIn(Body):
    """Simulated homes: the same numbers draw the same homes, weather and faults."""

    homes: int = Field(default=5, ge=1, le=200)
    days: int = Field(default=30, ge=1, le=400)
    seed: int = Field(default=1, ge=0, le=1_000_000)
    faults: str = Field(default="none", max_length=32, pattern="^[a-z-]+$")
    """A fault profile of devices and network."""
    first_day: date | None = None
    """Else the days that end yesterday."""
    fluids: bool = False
    """Water, gas and heat of each home too, each a meter of its own."""

    @model_validator(mode="after")
    def _bounded(self) -> "ScenarioIn":
        if self.homes * self.days > MOST_HOME_DAYS:
            raise ValueError(Message("At most %(most)s home-days.", {"most": MOST_HOME_DAYS}))
        return self


class ReplayIn(Body):
    feed: str | None = None
    scenario: ScenarioIn | None = None
    speed: Speed = None
    dry_run: bool = False
    """Only say what would be played, and with `meter` what would change there."""
    since: Moment | None = Field(default=None, alias="from")
    until: Moment | None = Field(default=None, alias="to")
    """An instant, or the last civil day played."""
    registers: bool = False
    """As cumulative registers rather than load curves."""
    keep: bool = False
    """Keep the sandbox for a week, to look around in it."""
    meter: str | None = None
    live: bool = False
    """Into the real `meter`, after a dry run of the same feed by the same operator."""

    @model_validator(mode="after")
    def _one_source(self) -> "ReplayIn":
        if (self.feed is None) == (self.scenario is None):
            raise ValueError(Message("Name a feed or a scenario.", {}))
        return self


class ActionIn(Body):
    action: Action
    to: Moment | None = None
    """Where to seek: an instant or a civil day of the feed."""
    speed: Speed = None


class RecordingIn(Body):
    coop: str
    minutes: int | None = None
    """An hour unless told otherwise; at most a week."""


class FeedOut(BaseModel):
    id: str
    coop: str
    name: str
    origin: Origin
    state: FeedState
    zone: str
    bytes: int
    summary: dict[str, Any] | None
    """What reading it found: format, period, readings, energy, gaps, refused lines."""
    problem: str | None
    """Why it cannot be read."""
    made_at: datetime
    records_until: datetime | None
    expires_at: datetime
    """It is deleted then."""


class ReplayOut(BaseModel):
    id: str
    feed: str
    feed_name: str | None
    state: State
    speed: float | str
    dry_run: bool
    live: bool
    meter: str | None
    since: datetime | None = Field(serialization_alias="from")
    until: datetime | None = Field(serialization_alias="to")
    registers: bool
    keep: bool
    progress: float
    """0 to 1, of the feed's messages."""
    position: datetime | None
    """Where in the feed it is."""
    messages: int
    at_message: int
    counts: dict[str, int]
    sandbox: str | None
    kept_until: datetime | None
    result: dict[str, Any] | None
    """Of a dry run what would change, else what became of each day."""
    problem: str | None
    legal_actions: list[Action]
    made_at: datetime
    started_at: datetime | None
    ended_at: datetime | None


def feed_out(row: Any, language: str) -> FeedOut:
    """Why it cannot be read is told in the reader's language."""
    found = FeedOut.model_validate(row, from_attributes=True)
    return found.model_copy(update={"problem": told(found.problem, language)})


def replay_out(row: Any, language: str) -> ReplayOut:
    """Instants in the feed's own civil time; why it failed in the reader's language."""
    sandbox, kept_until = actions.sandbox_of(row)
    zone = ZoneInfo(row.feed_zone) if row.feed_zone else None

    def local(instant: datetime | None) -> datetime | None:
        return instant.astimezone(zone) if instant and zone else instant

    return ReplayOut(
        id=row.id, feed=row.feed, feed_name=row.feed_name, state=row.state,
        speed=shown_speed(row.speed), dry_run=row.is_dry_run,
        live=row.meter is not None and not row.is_dry_run, meter=row.meter, since=local(row.since),
        until=local(row.until), registers=row.as_registers, keep=row.is_kept,
        progress=actions.progress(row), position=local(row.position), messages=row.messages,
        at_message=row.at_message, counts=row.counts, sandbox=sandbox, kept_until=kept_until,
        result=row.result, problem=told(actions.problem_of(row), language),
        legal_actions=actions.legal_actions_of(row), made_at=row.made_at, started_at=row.started_at,
        ended_at=row.ended_at,
    )  # fmt: skip
