"""What an operator does with replays: start one, and tell it what to do. The player follows the row."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import text

from contracts.codes import Purpose
from services.kit.i18n import mark as _
from services.kit.ids import new_id
from services.kit.principal import PLATFORM, Principal
from services.kit.problems import conflict, invalid, not_found
from services.kit.unit import Unit
from services.metering import ledger
from services.metering.replays import feeds, problems, recording
from services.metering.replays.states import (
    CHANNEL,
    ENDED,
    Action,
    FeedState,
    Origin,
    State,
    after,
    legal_actions,
)

KEPT_SANDBOX = timedelta(days=7)
DRY_RUN_HOLDS = timedelta(hours=24)
"""What a dry run said of a live meter is old after a day."""
Moment = datetime | date

_INSERT = """
INSERT INTO metering.replay (id, coop, feed, speed, is_dry_run, as_registers, is_kept, since, until, meter,
                             state, made_by, made_at)
VALUES (:id, :coop, :feed, :speed, :is_dry_run, :as_registers, :is_kept, :since, :until, :meter,
        'waiting', :made_by, :made_at)
"""
_ONE = """
SELECT r.*, f.name AS feed_name, f.zone AS feed_zone, f.state AS feed_state, f.problem AS feed_problem,
       f.summary AS feed_summary, f.origin AS feed_origin,
       EXISTS (SELECT 1 FROM registry.dropped x WHERE x.slug = r.sandbox) AS is_dropped
FROM metering.replay r LEFT JOIN metering.feed f ON f.id = r.feed
"""
_ALL = f"""
{_ONE} WHERE (CAST(:feed AS text) IS NULL OR r.feed = :feed)
  AND (CAST(:after_at AS timestamptz) IS NULL OR (r.made_at, r.id) < (:after_at, :after_id))
ORDER BY r.made_at DESC, r.id DESC LIMIT :limit
"""
_DRY_RUN = """
SELECT 1 FROM metering.replay
WHERE feed = :feed AND meter = :meter AND is_dry_run AND made_by = :who AND state = 'done'
  AND since IS NOT DISTINCT FROM CAST(:since AS timestamptz)
  AND until IS NOT DISTINCT FROM CAST(:until AS timestamptz) AND ended_at > :oldest
"""
_HOMES = """
SELECT o.id FROM registry.occupancy o JOIN registry.meter m ON m.dwelling = o.dwelling WHERE m.id = :meter
"""
_OTHERS = "SELECT 1 FROM metering.feed_reading WHERE feed = :feed AND meter <> :meter LIMIT 1"
_METER = "SELECT coop, zone FROM registry.meter WHERE id = :meter"


@dataclass(frozen=True)
class Wanted:
    """A replay as it is asked for. `speed` in times real time, None as fast as possible."""

    feed: str
    speed: float | None = None
    is_dry_run: bool = False
    since: Moment | None = None
    until: Moment | None = None
    """A civil day is played to its end."""
    as_registers: bool = False
    is_kept: bool = False
    meter: str | None = None
    is_live: bool = False


async def start(unit: Unit, who: Principal, wanted: Wanted) -> str:
    """Queue a replay; returns its id. 409 for a feed that cannot be played, or a live meter that no dry run
    of the same operator went before."""
    feed = await feeds.one(unit, wanted.feed)
    if feed.state == FeedState.UNREADABLE:
        raise conflict(
            "unreadable_feed",
            _("This feed cannot be read: %(why)s"),
            figures={"why": problems.by_language(feed.problem)},
        )
    if feed.state == FeedState.RECORDING:
        raise conflict("still_recording", "End the recording first.", legal_actions=["stop"])
    since, until = instant(wanted.since, feed.zone), instant(wanted.until, feed.zone, is_end=True)
    if since and until and since >= until:
        raise invalid("/from", "after_to", "`from` is after `to`.")
    values = {
        "id": new_id("rpl"), "coop": who.coop, "feed": feed.id, "speed": wanted.speed,
        "is_dry_run": wanted.is_dry_run, "as_registers": wanted.as_registers,
        "is_kept": wanted.is_kept and wanted.meter is None, "since": since, "until": until,
        "meter": wanted.meter, "made_by": who.id, "made_at": unit.wall,
    }  # fmt: skip
    await _check_target(unit, who, wanted, values, is_recording=feed.origin == Origin.RECORDING)
    if feed.origin == Origin.RECORDING:
        await recording.note_use(unit, feed.id, who.id, feed.coop)
    await unit.session.execute(text(_INSERT), values)
    await unit.session.execute(text(f"NOTIFY {CHANNEL}"))
    return str(values["id"])


async def act(
    unit: Unit, id: str, action: Action, *, to: Moment | None = None, speed: float | None = None
) -> None:
    """Tell a replay what to do; 409 with what would be legal now."""
    row = await one(unit, id, lock=True)
    state = State(row.state)
    legal = legal_actions_of(row)
    if action not in legal:
        raise conflict("illegal_action", "This is not possible now.", legal_actions=legal)
    changes: dict[str, Any] = {"state": after(state, action)}
    if action is Action.RESUME and not row.started_at:
        changes["state"] = State.WAITING
    if action is Action.STOP and not row.sandbox and not row.places and not row.lease_by:
        changes |= {"state": State.STOPPED, "ended_at": unit.wall}
    if action is Action.SEEK:
        changes["seek_to"] = changes["position"] = _seek(row, to)
    if action is Action.SPEED:
        changes["speed"] = speed
    if action is Action.DROP:
        changes["kept_until"] = unit.wall
    sets = ", ".join(f"{name} = :{name}" for name in changes)
    update = f"UPDATE metering.replay SET {sets} WHERE id = :id"  # noqa: S608 - names of columns only
    await unit.session.execute(text(update), changes | {"id": id})
    await unit.session.execute(text(f"NOTIFY {CHANNEL}"))


async def one(unit: Unit, id: str, *, lock: bool = False) -> Any:
    """A replay with its feed's name, zone and summary; 404 when there is none for the caller."""
    ending = " FOR UPDATE OF r" if lock else ""
    row = (await unit.session.execute(text(f"{_ONE} WHERE r.id = :id{ending}"), {"id": id})).one_or_none()
    if row is None:
        raise not_found()
    return row


async def found(
    unit: Unit, limit: int, after_key: tuple[datetime, str] | None = None, feed: str | None = None
) -> Sequence[Any]:
    """Replays, latest first."""
    at, id = after_key or (None, None)
    values = {"limit": limit, "after_at": at, "after_id": id, "feed": feed}
    return (await unit.session.execute(text(_ALL), values)).all()


def legal_actions_of(row: Any) -> list[Action]:
    """For a replay's row. In a sandbox that somebody dropped nothing can be led any more."""
    state = State(row.state)
    if row.is_dropped:
        return [] if state in ENDED or state is State.STOPPING else [Action.STOP]
    is_kept = row.kept_until is not None and row.sandbox is not None and not _is_going(row)
    return legal_actions(state, is_dry_run=row.is_dry_run, has_sandbox=is_kept)


def sandbox_of(row: Any) -> tuple[str | None, datetime | None]:
    """The sandbox that a replay plays into or keeps, and how long; nothing of one that was dropped."""
    return (None, None) if row.is_dropped else (row.sandbox, row.kept_until)


def problem_of(row: Any) -> str | None:
    """Why it failed, or was tried again, as `problems.told` puts it in words."""
    return row.problem or (row.feed_problem if row.state == State.FAILED else None)


def _is_going(row: Any) -> bool:
    """A kept sandbox whose time is over is dropped within seconds."""
    return bool(row.kept_until <= datetime.now(UTC))


def progress(row: Any) -> float:
    """How far through its feed the replay is, 0 to 1, by the time that it plays."""
    if row.state == State.DONE:
        return 1.0
    first, last = _period(row)
    if row.position is None or first is None or last is None or first >= last:
        return 0.0
    part: float = (row.position - first) / (last - first)
    return round(min(1.0, max(0.0, part)), 4)


def instant(moment: Moment | None, zone: str, *, is_end: bool = False) -> datetime | None:
    """An instant; or the beginning of a civil day of `zone`, with `is_end` its end. A time without offset is
    local to `zone`."""
    if moment is None:
        return None
    if not isinstance(moment, datetime):
        moment = datetime.combine(moment + timedelta(days=is_end), time.min)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=ZoneInfo(zone))
    return moment.astimezone(UTC)


async def _check_target(
    unit: Unit, who: Principal, wanted: Wanted, values: dict[str, Any], *, is_recording: bool
) -> None:
    if wanted.meter is None:
        if wanted.is_live:
            raise invalid("/meter", "missing", "Name the meter to play into.")
        return
    if not (wanted.is_live or wanted.is_dry_run):
        raise invalid("/live", "missing", "A replay into a real meter says so: live.")
    if wanted.as_registers:
        raise invalid("/registers", "not_live", "A real meter has a register of its own; play load curves.")
    meter = (await unit.session.execute(text(_METER), {"meter": wanted.meter})).one_or_none()
    if meter is None or (who.coop != PLATFORM and meter.coop != who.coop):
        raise not_found()
    if (
        is_recording
        and (await unit.session.execute(text(_OTHERS), {"feed": wanted.feed, "meter": wanted.meter})).first()
    ):
        raise conflict(
            "of_others", "What was recorded of a household is nobody else's: play it into a sandbox."
        )
    await _note(unit, who, wanted.meter, meter.coop, meter.zone)
    if wanted.is_dry_run:
        return
    known = {"feed": wanted.feed, "meter": wanted.meter, "who": who.id, "oldest": unit.wall - DRY_RUN_HOLDS}
    known |= {"since": values["since"], "until": values["until"]}
    if (await unit.session.execute(text(_DRY_RUN), known)).first() is None:
        raise conflict(
            "dry_run_first",
            "Make a dry run of this feed into this meter first, and look at what would change.",
            legal_actions=["dry_run"],
        )


async def _note(unit: Unit, who: Principal, meter: str, coop: str, zone: str) -> None:
    """Playing into a household's meter, or asking what that would change, looks at its days."""
    homes = await unit.session.execute(text(_HOMES), {"meter": meter})
    today = unit.wall.astimezone(ZoneInfo(zone)).date()
    await ledger.note(
        unit,
        Counter(
            ledger.Use(home, today, Purpose.DAILY, who.id, coop, ledger.QUALITY_CONTROL)
            for home in homes.scalars()
        ),
    )


def _seek(row: Any, to: Moment | None) -> datetime:
    """Where to go on; a civil day that the feed begins in is where it begins."""
    begin, end = instant(to, row.feed_zone or "UTC"), instant(to, row.feed_zone or "UTC", is_end=True)
    if begin is None or end is None:
        raise invalid("/to", "missing", "Say where to: an instant or a civil day.")
    first, last = _period(row)
    if (last and begin > last) or (first and end < first):
        raise invalid("/to", "outside_feed", "The feed holds nothing there.")
    return max(begin, first or begin)


def _period(row: Any) -> tuple[datetime | None, datetime | None]:
    """What of the feed is played, where it has been read."""
    summary = row.feed_summary or {}
    first = max(filter(None, (_parsed(summary.get("starts_at")), row.since)), default=None)
    last = min(filter(None, (_parsed(summary.get("ends_at")), row.until)), default=None)
    return first, last


def _parsed(value: str | None) -> datetime | None:
    return datetime.fromisoformat(value) if value else None
