"""The delivery point a file is of, as it is kept: a keyed hash and the last four signs, never the number."""

import hashlib
import hmac
from typing import NamedTuple

from sqlalchemy import text

from services.kit.secrets import Secrets
from services.kit.unit import Unit
from services.metering.files.deliveries import SHOWN, in_filename

PURPOSE = "metering/delivery-point"
# Of what was taken back, nobody knows any more that it was this home's.
_EARLIER = """
SELECT i.point, min(i.point_end) AS point_end, max(i.created_at) AS latest FROM metering.file_import i
WHERE i.meter = :meter AND i.id <> :id AND i.point IS NOT NULL AND NOT i.dry_run
  AND i.state IN ('storing', 'done', 'failed', 'cancelled') AND i.accepted + i.duplicate + i.conflict > 0
GROUP BY i.point ORDER BY latest
"""


class Named(NamedTuple):
    """A delivery point: `point` recognises it within its cooperative, `end` may be shown."""

    point: str
    end: str


def named(secrets: Secrets, coop: str, number: str) -> Named:
    """What is kept of a delivery point's number."""
    key = secrets.derive_bytes(PURPOSE)
    digest = hmac.new(key, f"{coop}/{number}".encode(), hashlib.sha256).hexdigest()
    return Named(digest[:32], number[-SHOWN:])


def by_filename(secrets: Secrets, coop: str, filename: str | None) -> Named | None:
    """The point that a file's name names; None where it names none."""
    number = in_filename(filename)
    return named(secrets, coop, number) if number else None


async def earlier(unit: Unit, meter: str, id: str) -> list[Named]:
    """The points that other imports into the meter were of, the latest one last."""
    rows = await unit.session.execute(text(_EARLIER), {"meter": meter, "id": id})
    return [Named(row.point, row.point_end) for row in rows]
