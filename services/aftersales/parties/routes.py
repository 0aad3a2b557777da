"""What routing needs of the database: the firms with their load, the teams, the cooperative's own rules."""

from collections.abc import Iterable, Mapping
from datetime import date

from sqlalchemy import text
from sqlmodel import col, select

from contracts.codes import Priority, Responsible
from services.aftersales import registry
from services.aftersales.model import Setting, Ticket, WarrantyRow
from services.aftersales.parties.model import Party, RoutingRule
from services.aftersales.routing import (
    Crew,
    Firm,
    Job,
    Means,
    Route,
    Rule,
    best_rule,
    route,
    team_for,
)
from services.kit.registry import local_today
from services.kit.unit import Unit


async def proposed(unit: Unit, ticket: Ticket) -> Route:
    """Where the request should go as things stand now, whatever was decided before."""
    return route(await job_of(unit, ticket), await means(unit))


async def team_of(
    unit: Unit, ticket: Ticket, on: date, regimes: Iterable[str], own: Mapping[str, str]
) -> str:
    """The team that follows a request as it opens: by the cooperative's own rules, else the house's."""
    job = Job(
        element=ticket.element,
        responsible=Responsible(ticket.responsible),
        priority=Priority(ticket.priority),
        on=on,
        building=ticket.building,
        regimes=tuple(sorted(regimes)),
    )
    ruled = best_rule(job, await unit.once("routing rules", lambda: _rules_of_teams(unit)))
    if ruled is not None and ruled.team:
        return ruled.team
    return team_for(job.element, job.responsible, job.priority, own)


async def _rules_of_teams(unit: Unit) -> list[Rule]:
    rows = await unit.session.execute(
        select(RoutingRule).where(col(RoutingRule.coop) == unit.coop, col(RoutingRule.team).is_not(None))
    )
    return [rule_of(row) for row in rows.scalars()]


async def job_of(unit: Unit, ticket: Ticket) -> Job:
    rows = await unit.session.execute(
        select(col(WarrantyRow.regime)).where(
            col(WarrantyRow.ticket) == ticket.id, col(WarrantyRow.debtor).is_not(None)
        )
    )
    return Job(
        element=ticket.element,
        responsible=Responsible(ticket.responsible),
        priority=Priority(ticket.priority),
        on=await local_today(unit),
        building=ticket.building,
        regimes=tuple(sorted(rows.scalars())),
    )


async def means(unit: Unit) -> Means:
    """Whom the cooperative can send today, and by which rules of its own."""
    jobs = await unit.session.execute(
        text(
            "SELECT party, team, count(*) AS jobs FROM aftersales.ticket"
            " WHERE coop = :coop AND ended_at IS NULL AND state <> 'done'"
            " GROUP BY GROUPING SETS ((party), (team))"
        ),
        {"coop": unit.coop},
    )
    by_party: dict[str, int] = {}
    by_team: dict[str, int] = {}
    for row in jobs:
        (by_party if row.party else by_team)[row.party or row.team or ""] = row.jobs
    parties = await unit.session.execute(select(Party).where(col(Party.coop) == unit.coop))
    people: dict[str, int] = {}
    for person in (await registry.staff(unit)).values():
        if person.team:
            people[person.team] = people.get(person.team, 0) + 1
    rules = await unit.session.execute(select(RoutingRule).where(col(RoutingRule.coop) == unit.coop))
    own = await unit.session.execute(
        select(col(Setting.value)).where(col(Setting.coop) == unit.coop, col(Setting.name) == "teams")
    )
    return Means(
        firms=[firm_of(party, by_party.get(party.id, 0)) for party in parties.scalars()],
        crews={team: Crew(people.get(team, 0), by_team.get(team, 0)) for team in {*people, *by_team} if team},
        rules=[rule_of(row) for row in rules.scalars()],
        own=dict(own.scalars().first() or {}),
    )


def firm_of(party: Party, open_jobs: int = 0) -> Firm:
    return Firm(
        id=party.id,
        name=party.name,
        kind=party.kind,
        trades=tuple(party.trades),
        buildings=tuple(party.buildings),
        warranties=tuple(party.warranties),
        ended_on=party.ended_on,
        open_jobs=open_jobs,
    )


def rule_of(row: RoutingRule) -> Rule:
    return Rule(
        id=row.id,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        building=row.building,
        trade=row.trade,
        regime=row.regime,
        urgency=row.urgency,
        team=row.team,
        party=row.party,
    )
