"""What the HTTP API of incidents takes and gives, with every closed list as an enum."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from contracts.base import Instant
from contracts.codes import Priority
from services.aftersales.bodies import Body, Said
from services.aftersales.incidents.stages import STAGES, TABLE

StageCode = Annotated[str, Field(json_schema_extra={"enum": list(STAGES)}, max_length=64)]
MoveCode = Annotated[str, Field(json_schema_extra={"enum": list(TABLE)}, max_length=64)]


class KnownOut(BaseModel):
    kind: Literal["own", "incident", "neighbours"]
    text: str
    """A sentence in the reader's language; it names nobody."""
    first_at: datetime
    homes: int
    ticket: str | None
    number: int | None
    incident: str | None
    news: str | None
    """What staff last wrote for all."""
    expected_at: datetime | None
    follows: bool


class KnownList(BaseModel):
    known: list[KnownOut]


class IncidentSummary(BaseModel):
    id: str
    family: str
    label: str
    state: StageCode
    state_label: str
    place: str
    """The residence, staircase or plant in words."""
    building: str | None
    symptom: str
    began_at: datetime
    expected_at: datetime | None
    next_news_at: datetime | None
    """By when households are written to again, where staff promised it."""
    resolved_at: datetime | None
    priority: Priority | None
    """The most urgent of its requests, raised by their number. Null for households."""
    homes: int | None
    requests: int | None


class NewsOut(BaseModel):
    kind: Literal["declared", "progress", "resolved", "withdrawn"]
    text: str
    expected_at: datetime | None
    written_at: datetime


class RequestOut(BaseModel):
    ticket: str
    number: int
    state: str


class ChildOut(RequestOut):
    """A home, by its first request."""

    priority: Priority
    """The most urgent of its requests."""
    home: str | None
    answer: Literal["back", "not_back"] | None
    also: list[RequestOut]
    """What the same home reported again: a home counts once, each request stays its own."""


class StepOut(BaseModel):
    action: str
    label: str
    actor: str | None
    role: str
    reason: str | None
    state: StageCode
    occurred_at: datetime


class IncidentOut(IncidentSummary):
    news: list[NewsOut]
    follows: bool
    answer: Literal["back", "not_back"] | None
    """The household's own, where a household asks."""
    evidence: dict[str, int]
    """When it was proposed: dwellings that reported, whose meters fell, that are served, and `metered`, those
    with a meter that could show it (of a gateway all that it sends for)."""
    after: str | None
    """The incident of like reports there that had ended shortly before. For the cooperative only."""
    merged_into: str | None
    """Where it went on when staff joined it to another. For the cooperative only."""
    children: list[ChildOut]
    """For the cooperative only; a household sees no other's request."""
    history: list[StepOut]
    legal_actions: list[MoveCode]
    version: int


class SuggestedOut(BaseModel):
    family: str
    label: str
    place: str
    scope: str
    homes: int
    first_at: datetime


class IncidentActionIn(Body):
    action: MoveCode
    reason: Said | None = None
    text_fr: Said | None = None
    """Written once for every household concerned."""
    text_en: Said | None = None
    expected_at: Instant | None = None
    next_news_at: Instant | None = None
    """A promise to all: by then they are written to again, whatever there is to say."""
    tells_all: bool | None = None
    """Also every household served, not only those that reported or follow."""
    scope: str | None = Field(default=None, max_length=200)
    other: str | None = Field(default=None, max_length=64)
    even_so: bool = False
    """`merge` joins incidents of one family; another family's only with this and a reason."""
    ticket: str | None = Field(default=None, max_length=64)
    version: int | None = None


class DeclareIn(Body):
    family: str = Field(max_length=64)
    scope: str = Field(max_length=200)
    """As `GET /incidents/suggestions` gives it."""


class FollowIn(Body):
    occupancy: str | None = Field(default=None, max_length=64)
    """The home that follows; the caller's own when it has one."""


class AnswerIn(Body):
    is_back: bool
    occupancy: str | None = Field(default=None, max_length=64)
    comment: Said | None = None
    """What is still wrong, when it is not back."""


class PlantIn(Body):
    families: list[str] = Field(max_length=40)
    buildings: list[str] = Field(max_length=500)


class PlantOut(BaseModel):
    id: str
    ref: str
    families: list[str]
    buildings: list[str]


class Plants(BaseModel):
    plants: list[PlantOut]


class Suggestions(BaseModel):
    suggestions: list[SuggestedOut]
