"""What a document prints that is written down nowhere else for good: frozen with the signature it is about.

With the sealed record, its photos and signatures these facts give the document's bytes, now or later.
"""

from datetime import datetime

from pydantic import BaseModel, ConfigDict


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Added(_Frozen):
    """What the household added afterwards, as the cooperative took note of it."""

    id: str
    place: str
    element: str
    symptom: str
    note: str
    window: str
    asked_at: datetime
    acknowledged_at: datetime
    acknowledged_by: str
    """A name."""
    answer: str
    number: int
    """Of the request it became."""


class Facts(_Frozen):
    """Names and numbers as they were on the day."""

    coop: str
    residence: str
    ref: str
    where: str = ""
    """Staircase, floor and postcode, as far as they are known."""
    household: tuple[str, ...]
    language: str
    zone: str
    record_sha256: str
    numbers: dict[str, int] = {}
    """Of the request that each finding became."""
    added: Added | None = None
    """None for the inspection itself."""
