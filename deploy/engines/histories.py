"""Whether requests are still what their histories say: reads only, changes nothing."""

import asyncio
from datetime import timedelta

import psycopg
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from deploy.engines.durability import Check, failed, ok, warning
from deploy.words import _
from services.aftersales.checkup import differences, wrong_clocks
from services.kit import clock
from services.kit.database import Database
from services.kit.secrets import Secrets
from services.kit.settings import Settings
from services.kit.unit import work_unit

LOOKED_BACK = timedelta(days=30)
"""Requests with a step since then, by each cooperative's own clock: others were looked at in their nights."""

_NAME = "request histories"


def examine_histories(settings: Settings, secrets: Secrets) -> list[Check]:
    """One check; none where there is no database yet, or none to be reached, which its own check says."""
    if not settings.database_url or not _is_there(settings.database_url):
        return []
    try:
        tickets = asyncio.run(differing(settings.database_url, secrets))
    except SQLAlchemyError as error:
        return [warning(_NAME, type(error).__name__, _("cannot be read: was `palier migrate` run?"))]
    days = LOOKED_BACK.days
    if not tickets:
        return [ok(_NAME, _("all as stored, over {n} days").format(n=days))]
    if len(tickets) == 1:
        found = _("1 request differs from its history")
    else:
        found = _("{n} requests differ from their history").format(n=len(tickets))
    advice = _("somebody wrote to the database by hand, or it is an error to report: {tickets}")
    return [failed(_NAME, found, advice.format(tickets=", ".join(tickets[:10])))]


def _is_there(url: str) -> bool:
    try:
        with psycopg.connect(url, connect_timeout=5) as connection:
            row = connection.execute("SELECT to_regclass('aftersales.ticket_event') IS NOT NULL").fetchone()
    except psycopg.Error:
        return False
    return bool(row and row[0])


async def differing(url: str, secrets: Secrets) -> list[str]:
    """The ids of the requests, of all cooperatives."""
    database = Database(url, secrets, "aftersales_work", pool_size=1)
    try:
        async with work_unit(database, "aftersales", clock.system) as unit:
            rows = await unit.session.execute(text("SELECT slug FROM registry.coop ORDER BY slug"))
            slugs = list(rows.scalars())
        found: dict[str, None] = {}
        for slug in slugs:
            async with work_unit(database, "aftersales", clock.system, slug) as unit:
                await unit.session.execute(text("SET TRANSACTION READ ONLY"))
                async for one in differences(unit, since=unit.now - LOOKED_BACK):
                    found[one.ticket] = None
                async for one in wrong_clocks(unit, unit.now - LOOKED_BACK):
                    found[one.ticket] = None
        return list(found)
    finally:
        await database.close()
