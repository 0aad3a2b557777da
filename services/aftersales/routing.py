"""Who follows a request and who does the work: a team of the cooperative, or a party besides it, and why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from contracts.codes import Priority, Responsible
from services.aftersales.tables import load
from services.aftersales.taxonomy import element_of
from services.aftersales.words import Reason

PRESSING = (Priority.P0, Priority.P1)


@dataclass(frozen=True)
class Job:
    """What is to be routed. `regimes`: construction warranties that run for it."""

    element: str
    responsible: Responsible
    priority: Priority
    on: date
    building: str | None = None
    regimes: tuple[str, ...] = ()

    @property
    def trade(self) -> str:
        return element_of(self.element).trade

    @property
    def is_pressing(self) -> bool:
        return self.priority in PRESSING


@dataclass(frozen=True)
class Firm:
    """A party that may do the work. Empty `trades` or `buildings`: all of them."""

    id: str
    name: str
    kind: str
    trades: tuple[str, ...] = ()
    buildings: tuple[str, ...] = ()
    warranties: tuple[str, ...] = ()
    """Regimes it answers for as the builder or vendor; empty for a firm that only repairs."""
    ended_on: date | None = None
    open_jobs: int = 0

    def serves(self, job: Job) -> bool:
        return (
            (not self.trades or job.trade in self.trades)
            and (not self.buildings or job.building in self.buildings)
            and (self.ended_on is None or job.on <= self.ended_on)
        )


@dataclass(frozen=True)
class Crew:
    """A team as it is now: how many people, and how many open requests they follow."""

    people: int = 0
    open_jobs: int = 0

    @property
    def is_full(self) -> bool:
        return self.people == 0 or self.open_jobs >= self.people * int(load("routing")["jobs_per_person"])


@dataclass(frozen=True)
class Rule:
    """A rule of the cooperative's own; None matches everything. It names a team, a party or both."""

    id: str
    valid_from: date
    valid_to: date | None = None
    building: str | None = None
    trade: str | None = None
    regime: str | None = None
    urgency: str | None = None
    team: str | None = None
    party: str | None = None

    def holds(self, job: Job) -> bool:
        return (
            self.valid_from <= job.on
            and (self.valid_to is None or job.on <= self.valid_to)
            and self.building in (None, job.building)
            and self.trade in (None, job.trade)
            and self.urgency in (None, "pressing" if job.is_pressing else "usual")
            and (self.regime is None or self.regime in (job.regimes or ("none",)))
        )

    @property
    def precision(self) -> tuple[bool, int, date, str]:
        """A building's rule beats the cooperative's, one that names more another, the later the earlier."""
        named = sum(value is not None for value in (self.trade, self.regime, self.urgency))
        return (self.building is not None, named, self.valid_from, self.id)


@dataclass(frozen=True)
class Route:
    """The decision: the team that follows, the party that does the work if any, and why, in words."""

    team: str
    party: str | None = None
    reasons: tuple[Reason, ...] = ()
    rule: str | None = None
    claim: str | None = None
    """The builder to write to beside a repair that cannot wait."""


@dataclass(frozen=True)
class Means:
    """Whom the cooperative can send. `own`: trade to the cooperative's own name of a team."""

    firms: Sequence[Firm] = ()
    crews: Mapping[str, Crew] = field(default_factory=dict)
    rules: Sequence[Rule] = ()
    own: Mapping[str, str] = field(default_factory=dict)


def route(job: Job, means: Means) -> Route:
    """What cannot wait goes first to who can come; else the cooperative's own rule; else who built it, under
    warranty; else the service contract of the trade; else the team, unless it is full."""
    team = team_for(job.element, job.responsible, job.priority, means.own)
    builder = _builder(job, means.firms)
    ruled = _ruled(job, means)
    if job.is_pressing:
        sent = ruled or _repairer(job, means, team)
        why = (Reason("route_pressing"), *sent.reasons)
        if builder is not None:
            why = (*why, Reason("route_claim_beside", {"name": builder.name}))
        return Route(sent.team, sent.party, why, sent.rule, claim=builder.id if builder else None)
    if ruled is not None:
        return ruled
    if builder is not None:
        regime = next(one for one in job.regimes if one in builder.warranties)
        params = {"name": builder.name, "regime": regime}
        return Route(team, builder.id, (Reason("route_builder", params),), claim=builder.id)
    if job.responsible in (Responsible.SYNDIC, Responsible.INSURER, Responsible.VENDOR):
        firm = _best(job, [one for one in means.firms if one.kind == job.responsible.value])
        if firm is not None:
            return Route(team, firm.id, (Reason("route_answers", {"name": firm.name}),))
    if job.responsible is Responsible.RESIDENT:
        return Route(team, None, (Reason("route_resident"),))
    if job.responsible is Responsible.COOPERATIVE:
        return _repairer(job, means, team)
    return Route(team, None, (Reason("route_nobody_known", {"responsible": job.responsible.value}),))


def team_for(
    element: str, responsible: Responsible, priority: Priority, own: Mapping[str, str] | None = None
) -> str:
    """A code of the group `teams`, or the cooperative's own name for it (`own`: trade to team).

    What presses goes to the trade at once; what is claimed on another party goes to the warranty desk.
    """
    table = load("teams")
    if priority not in PRESSING and responsible.value in table["responsible"]:
        return str(table["responsible"][responsible.value])
    trade = element_of(element).trade
    return (own or {}).get(trade) or str(table["trades"][trade])


def best_rule(job: Job, rules: Sequence[Rule]) -> Rule | None:
    """The most precise of the rules that hold for a request."""
    return max((one for one in rules if one.holds(job)), key=_precision, default=None)


def _ruled(job: Job, means: Means) -> Route | None:
    """By the most precise rule that holds; one whose party is gone no longer counts."""
    for rule in sorted((one for one in means.rules if one.holds(job)), key=_precision, reverse=True):
        firm = next((one for one in means.firms if one.id == rule.party), None)
        if rule.party is not None and (firm is None or (firm.ended_on and firm.ended_on < job.on)):
            continue
        key = "route_rule_building" if rule.building else "route_rule_coop"
        reasons = [Reason(key, {"valid_on": rule.valid_from.isoformat()})]
        team = rule.team or team_for(job.element, job.responsible, job.priority, means.own)
        return Route(team, rule.party, tuple(reasons), rule.id)
    return None


def _precision(rule: Rule) -> tuple[bool, int, date, str]:
    return rule.precision


def _builder(job: Job, firms: Sequence[Firm]) -> Firm | None:
    """Who answers for a warranty that runs, of the kind that owes it when that is decided."""
    named = [one for one in firms if set(one.warranties) & set(job.regimes)]
    owing = [one for one in named if one.kind == job.responsible.value]
    return _best(job, owing) or (_best(job, named) if job.is_pressing else None)


def _repairer(job: Job, means: Means, team: str) -> Route:
    firms = [one for one in means.firms if one.kind == "contractor" and not one.warranties]
    contract = _best(job, [one for one in firms if job.trade in one.trades])
    if contract is not None:
        reasons = [Reason("route_contract", {"name": contract.name, "trade": job.trade})]
        rivals = [one for one in firms if job.trade in one.trades and one.serves(job)]
        if len(rivals) > 1:
            reasons.append(Reason("route_least_loaded", {"jobs": str(contract.open_jobs)}))
        return Route(team, contract.id, tuple(reasons))
    crew = means.crews.get(team, Crew())
    if not crew.is_full:
        return Route(team, None, (Reason("route_team", {"trade": job.trade}),))
    anybody = _best(job, firms)
    if anybody is not None:
        key = "route_team_full" if crew.people else "route_no_team"
        return Route(team, anybody.id, (Reason(key, {"name": anybody.name, "jobs": str(crew.open_jobs)}),))
    return Route(team, None, (Reason("route_team", {"trade": job.trade}),))


def _best(job: Job, firms: Sequence[Firm]) -> Firm | None:
    """Who knows the building, then the trade, then who has least to do."""
    serving = [one for one in firms if one.serves(job)]
    return min(
        serving,
        key=lambda one: (not one.buildings, not one.trades, one.open_jobs, one.id),
        default=None,
    )
