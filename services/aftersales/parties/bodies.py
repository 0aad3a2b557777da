"""What the API of parties and of routing takes and gives."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, Field, StringConstraints

from contracts.codes import Language, Regime
from services.aftersales.bodies import Body
from services.aftersales.taxonomy import taxonomy
from services.kit.said import Message

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]
Address = Annotated[str, StringConstraints(strip_whitespace=True, max_length=1000)]


def _email(value: str) -> str:
    """One address, as a mail server takes it; whether it works shows when it is written to."""
    local, _, domain = value.partition("@")
    if not local or "." not in domain or any(char.isspace() or char in "<>,;" for char in value):
        raise ValueError(Message("This is no e-mail address.", {}))
    return value


Email = Annotated[str, StringConstraints(strip_whitespace=True, max_length=254), AfterValidator(_email)]


def _trades(value: list[str]) -> list[str]:
    if unknown := sorted(set(value) - set(taxonomy().trades)):
        raise ValueError(Message("Not known here: %(codes)s.", {"codes": ", ".join(unknown)}))
    return sorted(set(value))


def _regimes(value: list[Regime]) -> list[Regime]:
    return sorted({one for one in value if one != "none"})


Trades = Annotated[list[str], Field(max_length=40), AfterValidator(_trades)]
Warranties = Annotated[list[Regime], Field(max_length=10), AfterValidator(_regimes)]


class PartyIn(Body):
    """A firm, vendor, insurer or syndic; empty lists mean every trade, every building, no warranty."""

    kind: Literal["contractor", "vendor", "insurer", "syndic"]
    name: Name
    email: Email | None = None
    phone: Line | None = None
    address: Address | None = None
    language: Language = Language.FR
    reference: Line | None = None
    trades: Trades = Field(default=[])
    buildings: list[str] = Field(default=[], max_length=2000)
    warranties: Warranties = Field(default=[])
    ended_on: date | None = None


class PartyPatch(Body):
    """What is left out stays; `null` empties it."""

    name: Name | None = None
    email: Email | None = None
    phone: Line | None = None
    address: Address | None = None
    language: Language | None = None
    reference: Line | None = None
    trades: Trades | None = None
    buildings: list[str] | None = Field(default=None, max_length=2000)
    warranties: Warranties | None = None
    ended_on: date | None = None


class PartyOut(PartyIn):
    id: str
    open_jobs: int
    """Requests given to it that are not over."""
    email: str | None = None
    has_link: bool
    """Whether a personal link of it is good now."""


class LinkOut(BaseModel):
    """A personal link, without what opens it."""

    id: str
    made_at: datetime
    last_used_at: datetime | None
    renewed_at: datetime | None
    ends_at: datetime
    """When it ends, or ended, if nothing else happens."""
    ends_by: Literal["idle", "oldest", "jobless", "revoked"]
    is_good: bool


class LinksOut(BaseModel):
    links: list[LinkOut]


class LetterOut(BaseModel):
    id: str
    about: str
    subject: str
    state: Literal["queued", "sending", "sent", "failed"]
    queued_at: datetime
    sent_at: datetime | None
    failed_at: datetime | None
    returned_at: datetime | None = None
    """When it came back although the mail server had taken it."""
    left_with: str | None = None
    """The letter in whose e-mail it left, where that is another one."""
    sent_to: str | None
    answer: str | None


class ReturnedIn(Body):
    """A letter came back. `why`: what the mail server or the postman said."""

    why: Line | None = None


class ReturnReportIn(Body):
    """A report of a mail server (RFC 3464) as it arrived, or the letter's id where somebody read it."""

    report: Annotated[str, StringConstraints(max_length=200_000)] | None = None
    letter: Annotated[str, StringConstraints(max_length=64)] | None = None
    why: Line | None = None


class ReturnReportOut(BaseModel):
    """What was made of it: the letters that are undelivered now; none for what reports no failure."""

    letters: list[str]


class LettersOut(BaseModel):
    letters: list[LetterOut]


class PartiesOut(BaseModel):
    items: list[PartyOut]


class RoutingRuleIn(Body):
    """From when, where, for what; it names a team, a party or both. Left out: all."""

    valid_from: date
    valid_to: date | None = None
    building: str | None = None
    trade: str | None = None
    regime: Regime | None = None
    urgency: Literal["pressing", "usual"] | None = None
    team: Line | None = None
    party: str | None = None
    note: Line = ""


class RoutingRuleOut(RoutingRuleIn):
    id: str


class RoutingRulesOut(BaseModel):
    rules: list[RoutingRuleOut]


class RoutingRulePatch(Body):
    valid_to: date


class RouteOut(BaseModel):
    """Where a request should go as things stand, and why."""

    team: str
    party: str | None
    party_name: str | None
    reasons: list[str]
    rule: str | None
    claim: str | None
    """A party to write to besides, under a warranty that runs."""
