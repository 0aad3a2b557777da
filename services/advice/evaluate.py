"""From days to tips: run the rules on event time, keep the caps, raise the best, measure old ones."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from contracts.advice import TipOutcome, TipRaised
from contracts.codes import Rule
from contracts.metering import DayClosed
from services.advice import registry
from services.advice.caps import Past, silence
from services.advice.day import Day
from services.advice.facts import Facts, facts_on
from services.advice.model import DaySeen, Evaluation, TipRow, unpack
from services.advice.offpeak import offpeak_shift
from services.advice.outcome import measured_on, outcome
from services.advice.standby import standby_load, whole_floor
from services.advice.subscribed import subscribed_power
from services.advice.tip import Home, Tip, Verdict
from services.kit.ids import new_id
from services.kit.unit import Unit

MIN_DAYS = 28

RULES: dict[Rule, Callable[[list[Day], Home, Facts, date], Verdict]] = {
    Rule.STANDBY_LOAD: standby_load,
    Rule.OFFPEAK_SHIFT: offpeak_shift,
    Rule.SUBSCRIBED_POWER: subscribed_power,
}


async def evaluate(unit: Unit, occupancy: str, meter: str) -> None:
    """Run all rules as of the day after the last closed one, so that a replay gives the same tips."""
    rows = (
        await unit.session.scalars(
            select(DaySeen)
            .where(DaySeen.occupancy == occupancy, DaySeen.meter == meter)
            .order_by(col(DaySeen.day))
        )
    ).all()
    if len(rows) < MIN_DAYS:
        return
    days = [unpack(row) for row in rows]
    today = days[-1].day + timedelta(days=1)
    home = await registry.home_of(unit, meter, today)
    if home is None:
        return
    facts = facts_on(today)
    past = list((await unit.session.scalars(select(TipRow).where(TipRow.occupancy == occupancy))).all())
    verdicts = {rule: run(days, home, facts, today) for rule, run in RULES.items()}
    for tip in _worth_most_first(verdicts):
        told = [Past(Rule(row.rule), row.raised_on, row.status) for row in past]
        if silence(tip.rule, today, told, facts.caps) is None:
            past.append(_raise(unit, tip, rows[-1].coop, occupancy, meter))
    for row in past:
        if row.meter == meter and row.outcome is None and today >= measured_on(row.raised_on):
            _measure(unit, row, days, home, facts)
    conclusions: dict[str, Any] = {
        rule.value: {"why_not": verdict.why_not, "figures": verdict.figures}
        for rule, verdict in verdicts.items()
    }
    conclusions[Rule.STANDBY_LOAD]["figures"] |= whole_floor(days, home, facts)
    await _conclude(unit, rows[-1].coop, occupancy, meter, today, conclusions)


async def cannot(unit: Unit, event: DayClosed, why_not: str) -> None:
    """Note for the household why no rule can run."""
    conclusions = {rule.value: {"why_not": why_not, "figures": {}} for rule in Rule}
    await _conclude(unit, event.coop, event.occupancy or "", event.meter, event.day, conclusions)


def _worth_most_first(verdicts: dict[Rule, Verdict]) -> list[Tip]:
    """A power about to cut out comes before any saving."""
    tips = [verdict.tip for verdict in verdicts.values() if verdict.tip is not None]
    return sorted(tips, key=lambda tip: (tip.variant != "too_low", -tip.eur_year))


def _raise(unit: Unit, tip: Tip, coop: str, occupancy: str, meter: str) -> TipRow:
    row = TipRow(
        id=new_id("tip"),
        coop=coop,
        occupancy=occupancy,
        meter=meter,
        rule=tip.rule.value,
        variant=tip.variant,
        evidence=tip.evidence,
        kwh_year=tip.kwh_year,
        eur_year=tip.eur_year,
        kg_co2_year=tip.kg_co2_year,
        raised_on=tip.raised_on,
        expires_on=tip.expires_on,
    )
    unit.session.add(row)
    unit.emit(
        TipRaised(
            coop=coop,
            tip=row.id,
            occupancy=occupancy,
            meter=meter,
            rule=tip.rule,
            variant=tip.variant,
            kwh_year=tip.kwh_year,
            eur_year=str(tip.eur_year),
            raised_on=tip.raised_on,
            expires_on=tip.expires_on,
            evidence=tip.evidence,
        ),
        about=row.id,
    )
    return row


def _measure(unit: Unit, row: TipRow, days: list[Day], home: Home, facts: Facts) -> None:
    result = outcome(Rule(row.rule), row.evidence, row.raised_on, days, home, facts)
    row.outcome = {
        "code": result.code,
        "change": result.change,
        "band": result.band,
        "unit": result.unit,
        "kwh_year": result.kwh_year,
        "days_before": result.days_before,
        "days_after": result.days_after,
    }
    unit.session.add(row)
    unit.emit(
        TipOutcome(
            coop=row.coop,
            tip=row.id,
            occupancy=row.occupancy,
            rule=Rule(row.rule),
            outcome=result.code,
            kwh_year=result.kwh_year,
        ),
        about=row.id,
    )


async def _conclude(
    unit: Unit, coop: str, occupancy: str, meter: str, today: date, conclusions: dict[str, Any]
) -> None:
    row = {
        "occupancy": occupancy,
        "meter": meter,
        "coop": coop,
        "evaluated_on": today,
        "conclusions": conclusions,
    }
    statement = insert(Evaluation).values(row)
    await unit.session.execute(
        statement.on_conflict_do_update(
            index_elements=["occupancy", "meter"],
            set_={"evaluated_on": today, "conclusions": conclusions},
        )
    )
