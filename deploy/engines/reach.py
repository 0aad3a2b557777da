"""Whether a danger told at night reaches a person of each real cooperative by e-mail."""

import psycopg

from deploy.engines.durability import Check, ok, warning
from deploy.words import _
from services.kit.database import conninfo
from services.kit.secrets import Secrets
from services.kit.settings import Settings

_NAME = "staff by e-mail"
_COOPS = """
SELECT c.coop, EXISTS (SELECT 1 FROM members.staff s WHERE s.coop = c.coop AND s.disabled_at IS NULL
    AND s.role IN ('staff', 'caretaker')) AS is_reached
FROM members.coop c WHERE NOT c.sandbox ORDER BY c.coop
"""


def examine_reach(settings: Settings, secrets: Secrets, *, keeps_all: bool) -> list[Check]:
    """One check; none where there is no database yet, or no real cooperative. `keeps_all`: what is mailed
    stays in the embedded mailbox."""
    if not settings.database_url:
        return []
    try:
        # The owner of the tables need not see their rows; the room's role does.
        who = conninfo(settings.database_url, secrets, "members_work")
        with psycopg.connect(who, connect_timeout=5) as connection:
            coops = connection.execute(_COOPS).fetchall()
    except psycopg.Error:
        return []  # not migrated yet, or its own check says so
    if not coops:
        return []
    if keeps_all:
        advice = _("a danger told at night reaches nobody: set PALIER_SMTP_URL")
        return [warning(_NAME, _("no mail server, all stays in the embedded mailbox"), advice)]
    alone = [coop for coop, is_reached in coops if not is_reached]
    if alone:
        advice = _(
            "a danger told at night reaches nobody there: invite staff (`palier staff invite`): {coops}"
        )
        found = _("nobody in {n} of {all} cooperatives").format(n=len(alone), all=len(coops))
        return [warning(_NAME, found, advice.format(coops=", ".join(alone[:10])))]
    return [ok(_NAME, _("somebody in each cooperative"))]
