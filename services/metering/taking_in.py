"""Readings on their way into the store: placed, judged, counted, kept; by the run where one verdict holds."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime

from contracts.codes import Reason
from contracts.metering import MeterHeard
from contracts.readings import Reading, Run
from services.kit.standing import dropped
from services.kit.unit import Unit
from services.metering import metrics, quarantine, registry, store
from services.metering.admission import Ground, Verdict, is_reserved, judge
from services.metering.copying import Point, Series
from services.metering.days import instant_of
from services.metering.fluids import measures
from services.metering.replays import recording
from services.metering.store import Tally

Arrived = tuple[str, datetime, Run]
"""(cooperative, received at, readings)."""


async def take_in(arrived: Sequence[Arrived], unit: Unit) -> None:
    """Place each run, keep of it what its household allows, count all. A dropped sandbox keeps nothing."""
    if gone := await dropped(await unit.driver(), {coop for coop, *_ in arrived}):
        arrived = [one for one in arrived if one[0] not in gone]
    named = {(r.gateway, r.channel) for _, _, r in arrived if r.meter is None and r.gateway and r.channel}
    channels = await registry.channels(unit, named)
    placed = [
        (coop, at, run, run.meter or channels.get((run.gateway or "", run.channel or "")))
        for coop, at, run in arrived
    ]
    meters = await registry.meters(unit, {meter for *_, meter in placed if meter})
    grounds = {meter.id: meter.ground for meter in meters.values()}
    series: list[Series] = []
    tallies: dict[str, Tally] = {}
    unplaced: list[tuple[str, datetime, Reading, Reason]] = []
    for coop, at, run, meter in placed:
        verdicts = _judged(grounds.get(meter or ""), coop, run)
        if meter is None or Verdict.UNKNOWN_METER in verdicts:
            unplaced += [(coop, at, reading, Reason.UNKNOWN_METER) for reading in run.readings()]
            continue
        admitted = verdicts.get(Verdict.ADMITTED)
        if admitted and (
            is_reserved(run.register_, run.codec) or not measures(meters[meter].fluid, run.quantity)
        ):
            strange = run.model_copy(
                update={
                    "at_us": tuple(us for us, _ in admitted),
                    "values_milli": tuple(v for _, v in admitted),
                }
            )
            unplaced += [(coop, at, reading, Reason.UNKNOWN_QUANTITY) for reading in strange.readings()]
            del verdicts[Verdict.ADMITTED]
            admitted = None
        if not verdicts:
            continue
        tally = tallies.get(meter)
        if tally is None:
            tally = tallies[meter] = Tally(coop, grounds[meter].calendar, at)
        for verdict, points in verdicts.items():
            tally.verdicts[verdict] += len(points)
        if admitted:
            series.append(
                Series(
                    meter, run.register_, coop, run.quantity.value, run.kind.value, run.step_s, run.codec, at,
                    admitted,
                )
            )  # fmt: skip
    for verdict, count in sum((tally.verdicts for tally in tallies.values()), Counter[Verdict]()).items():
        metrics.READINGS.labels(verdict.value).inc(count)
    metrics.READINGS.labels("quarantined").inc(len(unplaced))
    await quarantine.keep_unplaced(unit, unplaced)
    await recording.keep(unit, {coop for coop, *_ in arrived}, lambda: _singly(placed), meters)
    for meter in await store.store(unit, series, tallies):
        unit.emit(MeterHeard(coop=tallies[meter].coop, meter=meter, heard_at=unit.now), about=meter)


def _judged(ground: Ground | None, coop: str, run: Run) -> dict[Verdict, list[Point]]:
    """The run's points by verdict. All lie in one stay where its first and last instants do."""
    points = list(zip(run.at_us, run.values_milli, strict=True))
    if not points:
        return {}
    first, last = instant_of(min(run.at_us)), instant_of(max(run.at_us))
    if ground is None or ground.stays is None or ground.is_within_one_stay(first, last):
        return {judge(ground, coop, run.kind, first): points}
    found: dict[Verdict, list[Point]] = defaultdict(list)
    for us, milli in points:
        found[judge(ground, coop, run.kind, instant_of(us))].append((us, milli))
    return dict(found)


def _singly(
    placed: Sequence[tuple[str, datetime, Run, str | None]],
) -> Iterator[tuple[str, datetime, Reading, str | None]]:
    for coop, at, run, meter in placed:
        for reading in run.readings():
            yield coop, at, reading, meter
