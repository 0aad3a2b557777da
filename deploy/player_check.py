"""What became of a replay: the days as the service has them, beside those of the feed."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from contracts.codes import UNIT_OF, Quality, Quantity
from deploy.player_scripts import Script, days_told
from deploy.replay_places import Place
from services.metering.replays.states import covers
from simulators.publications import Publication

PATIENCE_S = 600.0
CALM_S = 15.0
"""The days are taken as they are when all has arrived and nothing changed for so long."""
POLL_S = 0.5
DAYS_AT_ONCE = 1_000
MOST_DAYS_TOLD = 5_000
"""Days in a result; beyond it only those that differ."""
Days = dict[tuple[int, Quantity, date], int]
"""(part, quantity, day) to whole units."""


class Doubt(NamedTuple):
    """Half-hours of a day that were not simply measured."""

    held: int = 0
    estimated: int = 0
    missing: int = 0
    """Never heard, and nothing is told of them."""


Doubts = dict[tuple[int, Quantity, date], Doubt]
"""The same to what is not sure of them."""
NO_DOUBT = Doubt()
_MADE_UP = (Quality.ESTIMATED, Quality.RECOVERED, Quality.INTERPOLATED)


def check(
    script: Script,
    places: Sequence[Place],
    messages: Sequence[Publication],
    sent: Iterable[Sequence[int]],
    counts: dict[str, int],
    still: Callable[[], bool],
) -> dict[str, Any] | None:
    """The result, once the days agree with the feed or stay as they are; None when `still` says no."""
    began = time.monotonic()
    if places[0].person:
        places[0].tell_clock(script.until)
    expected = _expected(script, places, messages, sent)
    stored: Days = {}
    doubts: Doubts = {}
    changed = began
    while time.monotonic() - began < PATIENCE_S:
        if not still():
            return None
        before = dict(stored)
        behind = {
            (part, quantity)
            for (part, quantity, day), wh in expected.items()
            if stored.get((part, quantity, day)) != wh
        }
        unknown = _not_compared(script)
        for part, quantity in sorted(behind | unknown, key=str):
            found, doubtful = _stored(script, places, part, quantity)
            stored |= found
            doubts |= doubtful
        if expected and not unknown and all(stored.get(key) == value for key, value in expected.items()):
            break
        if stored != before or not _is_quiet(places[0], counts):
            changed = time.monotonic()
        elif time.monotonic() - changed > (CALM_S if behind else CALM_S / 3):
            break
        time.sleep(POLL_S)
    return _result(script, places, expected, stored, doubts, counts, time.monotonic() - began)


def _not_compared(script: Script) -> set[tuple[int, Quantity | None]]:
    """What is only told, part and quantity; of a part of which nothing is known, its meter's usual one."""
    found: set[tuple[int, Quantity | None]] = set()
    for number, part in enumerate(script.parts):
        found |= {(number, quantity) for quantity in part.partial}
        if not part.expected and not part.partial:
            found.add((number, None))
    return found


def _expected(
    script: Script, places: Sequence[Place], messages: Sequence[Publication], sent: Iterable[Sequence[int]]
) -> Days:
    """The feed's days of which every message was sent: what was skipped is not missed."""
    ranges = [(first, end) for first, end in sent]
    is_whole = ranges == [(0, len(messages))]
    calendars = {place.meter: part.calendar for place, part in zip(places, script.parts, strict=True)}
    told = {} if is_whole else days_told(messages, calendars)
    return {
        (number, quantity, day): value
        for number, part in enumerate(script.parts)
        for quantity, days in part.expected.items()
        for day, value in days.items()
        if is_whole or all(covers(ranges, one) for one in told.get((places[number].meter, day), ()))
    }


def _stored(
    script: Script, places: Sequence[Place], number: int, quantity: Quantity | None
) -> tuple[Days, Doubts]:
    """A part's days from its first to its last, and how many half-hours of each are in doubt; of the meter's
    usual quantity, where none is asked for."""
    part, place = script.parts[number], places[number]
    days = [day for own in (*part.expected.values(), *part.partial.values()) for day in own]
    first, last = min(days, default=part.first_day), max(days, default=part.until.date() + timedelta(days=1))
    found: Days = {}
    doubts: Doubts = {}
    while first <= last:
        until = min(last, first + timedelta(days=DAYS_AT_ONCE - 1))
        answer = place.reader.get(
            f"/meters/{place.meter}/days", **{"from": first, "to": until, "quantity": quantity}
        )
        for day in answer["days"]:
            key = (number, Quantity(answer["quantity"]), date.fromisoformat(day["day"]))
            found[key] = day["value"] or 0
            doubts[key] = doubt_of(day["quality"])
        first = until + timedelta(days=1)
    return found, doubts


def doubt_of(quality: Mapping[str, int]) -> Doubt:
    """What a day's numbers of half-hours by quality say."""
    return Doubt(
        quality.get(Quality.SUSPECT, 0),
        sum(quality.get(made_up, 0) for made_up in _MADE_UP),
        quality.get(Quality.MISSING, 0),
    )


def _is_quiet(place: Place, counts: dict[str, int]) -> bool:
    """Whether all that was sent has been dealt with and no day waits; a real cooperative is never quiet."""
    if not place.person:
        return True
    now = place.watcher.get("/operations/overview")
    handled = now["readings_stored"] + now["readings_duplicate"] + sum(now["readings_discarded"].values())
    return bool(handled >= counts["readings"] and now["lag_seconds"] == 0)


def _result(
    script: Script,
    places: Sequence[Place],
    expected: Days,
    stored: Days,
    doubts: Doubts,
    counts: dict[str, int],
    checked_s: float,
) -> dict[str, Any]:
    overview = places[0].watcher.get("/operations/overview") if places[0].person else {}
    every = {
        (n, q, day)
        for n, part in enumerate(script.parts)
        for q, days in part.expected.items()
        for day in days
    }
    told = {(n, q) for n, part in enumerate(script.parts) for q in part.partial}
    chosen = {key for key in stored if key[:2] in told} | set(expected) if every else set(stored)
    keys = sorted(chosen, key=lambda key: (key[0], key[1].value, key[2]))
    rows = [
        {
            "name": script.parts[number].name, "meter": places[number].meter, "quantity": quantity.value,
            "unit": UNIT_OF[quantity].value, "day": day.isoformat(),
            "feed": expected.get((number, quantity, day)), "stored": stored.get((number, quantity, day)),
            **doubts.get((number, quantity, day), NO_DOUBT)._asdict(),
        }
        for number, quantity, day in keys
    ]  # fmt: skip
    compared = [row for row in rows if row["feed"] is not None]
    differing = [row for row in compared if row["feed"] != row["stored"]]
    sums = sums_of(rows)
    return (
        {
            "days": len(compared) if every else len(rows),
            "days_equal": len(compared) - len(differing) if every else None,
            "days_partial": len(rows) - len(compared) if every else 0,
            "days_held": sum(doubts.get(key, NO_DOUBT).held > 0 for key in keys),
            "days_incomplete": sum(one["days_incomplete"] for one in sums),
            "half_hours_missing": sum(one["half_hours_missing"] for one in sums),
            "days_not_played": len(every) - len(expected),
            "sums": sums,
            "feed_value": sums[0]["feed"] if every and len(sums) == 1 else None,
            "stored_value": sums[0]["stored"] if len(sums) == 1 else None,  # Wh and litres do not add up
            "meters": len(places),
            "readings_stored": overview.get("readings_stored"),
            "readings_duplicate": overview.get("readings_duplicate"),
            "readings_rejected": overview.get("readings_rejected"),
            "checked_s": round(checked_s, 1),
            "rows": rows if len(rows) <= MOST_DAYS_TOLD else differing[:MOST_DAYS_TOLD],
        }
        | counts
    )


def sums_of(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each quantity by itself: what the feed's days and the service's add up to, over the days that are
    compared (where none is, over all), and how many are equal, differ, are missing or are held in part; of
    the compared ones, how many lack half-hours, and how many of these."""
    sums = []
    for quantity in sorted({row["quantity"] for row in rows}, key=list(Quantity).index):
        own = [row for row in rows if row["quantity"] == quantity]
        compared = [row for row in own if row["feed"] is not None]
        missing = sum(row["stored"] is None for row in compared)
        equal = sum(row["feed"] == row["stored"] for row in compared)
        lacking = [row["missing"] for row in compared if row.get("missing")]
        sums.append(
            {
                "quantity": quantity, "unit": own[0]["unit"],
                "feed": sum(row["feed"] for row in compared) if compared else None,
                "stored": sum(row["stored"] or 0 for row in compared or own),
                "days": len(compared or own), "days_equal": equal if compared else None,
                "days_differ": len(compared) - equal - missing if compared else None,
                "days_missing": missing if compared else None,
                "days_partial": len(own) - len(compared) if compared else 0,
                "days_incomplete": len(lacking), "half_hours_missing": sum(lacking),
            }
        )  # fmt: skip
    return sums
