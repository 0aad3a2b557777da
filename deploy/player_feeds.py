"""Reads a feed as it is kept: an uploaded file, a recording, or the few numbers of a scenario."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

from contracts.codes import UNIT_OF, FileFormat, FileReason, Fluid, Quantity
from deploy.player_recorded import messages_of
from deploy.player_scenarios import scenario
from deploy.player_scripts import MOST_INTERVALS, Part, Script, ScriptError, Series, of_series, summary_of
from services.kit.registry import USUAL_ZONE
from services.metering import files
from services.metering.fluids import calendar_of
from services.metering.imports.jobs import masked
from services.metering.replays.problems import Why
from services.metering.replays.sources import SourceDays, source_days
from services.metering.replays.states import Origin
from services.metering.replays.work import Work
from simulators import feeds
from simulators.feeds import FeedError, Interval

_SHOWN_REFUSALS = 20
_PERHAPS = (FileReason.UNKNOWN_FORMAT, FileReason.OPTION_NEEDED)
_FLUIDS = {Quantity.VOLUME: Fluid.WATER, Quantity.HEAT: Fluid.HEAT}


@dataclass(frozen=True)
class Choice:
    """What of a feed is played, and how."""

    since: datetime | None = None
    until: datetime | None = None
    as_registers: bool = False


def script_of(work: Work, feed: dict[str, Any], choice: Choice = Choice()) -> Script:
    """The feed, ready to be played. Raises ScriptError with what a person can do."""
    match Origin(feed["origin"]):
        case Origin.UPLOAD:
            options = _options(feed["spec"].get("options", {}), feed["zone"])
            return _file(work.content(feed["id"]), feed["name"], options, choice)
        case Origin.RECORDING:
            return _recording(work, feed, choice)
        case Origin.SCENARIO:
            return scenario(feed["spec"], feed["zone"], choice.since, choice.until)


def _options(said: dict[str, Any], zone: str) -> files.Options:
    quantity = said.get("quantity")
    return files.Options(zone=zone, **said | {"quantity": Quantity(quantity) if quantity else None})


def _file(content: BinaryIO, name: str, options: files.Options, choice: Choice) -> Script:
    zone = options.zone or USUAL_ZONE
    series, file_format, refused = read_file(content, name, options)
    fluid = fluid_of(series, file_format)
    chosen = [one.between(choice.since, choice.until) for one in series]
    chosen = [one for one in chosen if one.intervals]
    if not chosen:
        raise ScriptError(Why.NOTHING_IN_PERIOD)
    summary = summary_of(chosen, zone, file_format) | refused
    return of_series(name, fluid, chosen, zone, summary, as_registers=choice.as_registers)


def read_file(
    content: BinaryIO, name: str, options: files.Options
) -> tuple[list[Series], str, dict[str, object]]:
    """A file's series, its format, and what was refused. Raises ScriptError.

    The same readers as for imports; what they do not know may still be a time and a value, column by column.
    """
    try:
        return _known_file(content, name, options)
    except files.Unreadable as unknown:
        problem = ScriptError(unknown.reason, masked(unknown.detail))
        if unknown.reason not in _PERHAPS:
            raise problem from unknown
        content.seek(0)
        try:
            intervals = feeds.parse(content.read(), name, options.zone or USUAL_ZONE)
        except FeedError as error:
            raise problem from error
        return [Series(Quantity.ENERGY_IMPORT, _bounded(intervals))], "columns", {}


def _known_file(
    content: BinaryIO, name: str, options: files.Options
) -> tuple[list[Series], str, dict[str, object]]:
    found = files.detect(content.read(files.HEAD_BYTES), name)
    content.seek(0)
    by_quantity: dict[Quantity, dict[datetime, Interval]] = defaultdict(dict)
    reasons: Counter[str] = Counter()
    refused: list[dict[str, object]] = []
    for row in files.read(content, found, options):
        if isinstance(row, files.BadLine):
            reasons[row.reason] += 1
            if len(refused) < _SHOWN_REFUSALS:
                refused.append({"line": row.line, "reason": row.reason, "detail": row.detail})
            continue
        known = by_quantity[row.quantity]
        known.setdefault(row.start, Interval(row.start, row.step_s, row.value_milli))
        if len(known) > MOST_INTERVALS:
            raise ScriptError(Why.TOO_MANY_INTERVALS, str(MOST_INTERVALS))
    if not by_quantity:
        raise ScriptError(Why.NO_CONSUMPTION)
    series = [
        Series(quantity, [known[start] for start in sorted(known)]) for quantity, known in by_quantity.items()
    ]
    return series, found.format.value, {"refused": dict(reasons), "refused_lines": refused}


def _bounded(intervals: list[Interval]) -> list[Interval]:
    if len(intervals) > MOST_INTERVALS:
        raise ScriptError(Why.TOO_MANY_INTERVALS, str(MOST_INTERVALS))
    return intervals


def fluid_of(series: Sequence[Series], file_format: str) -> Fluid:
    """What the meter of such a file counts."""
    if file_format == FileFormat.GRDF_JSON:
        return Fluid.GAS
    return next((_FLUIDS[one.quantity] for one in series if one.quantity in _FLUIDS), Fluid.ELECTRICITY)


def _recording(work: Work, feed: dict[str, Any], choice: Choice) -> Script:
    """Every meter under a name of the recording's own. What is chosen is by the time of arrival; what must
    come of it is what came of it at the meters it was recorded of, on the days it holds whole."""
    rows, zone = work.recorded(feed["id"]), feed["zone"]
    by_meter: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        if (choice.since is None or row["received_at"] >= choice.since) and (
            choice.until is None or row["received_at"] <= choice.until
        ):
            by_meter[row["meter"]].append(row)
    if not by_meter:
        raise ScriptError(Why.NOTHING_RECORDED)

    # Days can only be compared where they are cut alike.
    calendars = {
        meter: calendar_of(_recorded_fluid(own), zone)
        for meter, own in by_meter.items()
        if own[0]["zone"] == zone
    }
    moments = [row["instant"] for own in by_meter.values() for row in own]
    known = source_days(
        work.ask, feed["id"], calendars, min(moments), max(moments), choice.since, choice.until
    )

    def part(number: int, meter: str, own: list[dict[str, Any]]) -> Part:
        source = known.get(meter, SourceDays())
        first = min(row["instant"] for row in own)
        until = max(row["instant"] + timedelta(seconds=row["step_s"]) for row in own)
        return Part(
            name=f"m{number}",
            fluid=_recorded_fluid(own),
            # The day before too: a register read at midnight ends a day that somebody lived in.
            first_day=first.astimezone(ZoneInfo(zone)).date() - timedelta(days=1),
            until=max(until, *(row["received_at"] for row in own)),
            expected=dict(source.whole),
            messages=lambda device: messages_of(device, own, zone),
            calendar=calendar_of(_recorded_fluid(own), zone),
            partial=source.partial,
            contract={"subscribed_kva": None},
        )

    local = ZoneInfo(zone)
    arrivals = [row["received_at"] for row in rows]
    summary = {
        "format": "recording",
        "starts_at": min(arrivals).astimezone(local).isoformat(),
        "ends_at": max(arrivals).astimezone(local).isoformat(),
        "meters": len(by_meter),
        "readings": len(rows),
        "days": len({row["instant"].astimezone(local).date() for row in rows}),
        "series": [
            {"quantity": quantity, "unit": UNIT_OF[Quantity(quantity)].value, "readings": count}
            for quantity, count in sorted(Counter(row["quantity"] for row in rows).items())
        ],
    }
    parts = tuple(part(number, *one) for number, one in enumerate(by_meter.items(), 1))
    return Script(parts, zone, summary)


def _recorded_fluid(own: list[dict[str, Any]]) -> Fluid:
    return Fluid(own[0]["fluid"] or Fluid.ELECTRICITY)
