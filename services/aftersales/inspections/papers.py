"""The documents of an inspection as its pages list them, without their bytes."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text

from services.kit.unit import Unit


@dataclass(frozen=True)
class Paper:
    id: str
    amendment: str | None
    sha256: str | None
    """None while it is being made."""
    made_at: datetime
    is_there: bool
    """Whether it can be downloaded."""

    @property
    def is_coming(self) -> bool:
        return self.sha256 is None


async def papers(unit: Unit, inspection: str) -> list[Paper]:
    """What was ordered, the first first."""
    rows = await unit.session.execute(
        text(
            "SELECT id, amendment, sha256, made_at, content IS NOT NULL AS is_there"
            " FROM aftersales.inspection_document WHERE inspection = :inspection ORDER BY made_at, id"
        ),
        {"inspection": inspection},
    )
    return [Paper(**row) for row in rows.mappings()]
