"""What the pages of feeds and replays show: a replay's row, its result month by month, refusals in words."""

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import Request

from contracts.codes import Quantity
from services.kit.i18n import Formats
from services.kit.registry import USUAL_ZONE
from services.kit.web import Problem
from services.metering.page_base import Amounts, formats_of
from services.metering.replays import actions, problems
from services.metering.replays.states import ENDED, State, shown_speed


def shown(row: Any, language: str = "fr") -> dict[str, Any]:
    """A replay as templates show it; its first and last day as it was asked for."""
    zone = ZoneInfo(row.feed_zone or USUAL_ZONE)
    sandbox, kept_until = actions.sandbox_of(row)
    return dict(row._mapping) | {
        "sandbox": sandbox,
        "kept_until": kept_until,
        "problem": problems.told(actions.problem_of(row), language),
        "legal": actions.legal_actions_of(row),
        "progress": actions.progress(row),
        "is_over": row.state in ENDED,
        "is_paused": row.state == State.PAUSED,
        "is_live": row.meter is not None and not row.is_dry_run,
        "shown_speed": str(shown_speed(row.speed)),
        "first_day": row.since and row.since.astimezone(zone).date(),
        "last_day": row.until and (row.until.astimezone(zone) - timedelta(seconds=1)).date(),
    }


def months(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The result's days by meter, quantity and month, with how many differ."""
    found = []
    for (name, quantity, month), group in groupby(
        rows, lambda row: (row["name"], row["quantity"], row["day"][:7])
    ):
        days = [row | {"day": date.fromisoformat(row["day"])} for row in group]
        differ = sum(row["feed"] is not None and row["feed"] != row["stored"] for row in days)
        found.append(
            {
                "name": name, "quantity": quantity, "month": date.fromisoformat(f"{month}-01"), "days": days,
                "differ": differ, "meter": days[0]["meter"],
            }
        )  # fmt: skip
    return found


def period(summary: dict[str, Any] | None) -> tuple[date, date] | None:
    """The feed's first and last civil day."""
    if not summary or not summary.get("starts_at"):
        return None
    return date.fromisoformat(summary["starts_at"][:10]), date.fromisoformat(summary["ends_at"][:10])


def amount(request: Request, zone: str) -> Any:
    """Whole units of a quantity, by name, in the reader's words."""
    formats: Formats = formats_of(request, zone)

    def told(quantity: str, value: int | None, digits: int = 1) -> str:
        return Amounts(formats, Quantity(quantity)).text(value, digits)

    return told


def told(problem: Problem | None) -> dict[str, Any] | None:
    """A refusal for `words`: its code, and what it says in English where there is no better word."""
    if problem is None:
        return None
    errors = problem.extra.get("errors") or [{}]
    return {"code": errors[0].get("code", problem.code), "title": errors[0].get("message", problem.title)}


def speed_of(value: str) -> float | None:
    if value == "max":
        return None
    try:
        speed = float(value)
    except ValueError:
        speed = 0.0
    if not 0 < speed <= 1e9:
        raise Problem(422, "speed", "A number of times real time.")
    return speed


def day_of(value: str, pointer: str) -> date | None:
    try:
        return date.fromisoformat(value) if value else None
    except ValueError:
        raise Problem(422, "day", f"{pointer}: a day such as 2026-01-05.") from None
