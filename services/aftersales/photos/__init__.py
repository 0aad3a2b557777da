"""Photos of requests and inspections: made harmless, kept in the database, shown to who may see them.

`await photos.keep(unit, raw, ticket=…, by=actor)` and `await photos.of(unit, ticket)`; pages that take files
are made with `photos.receiving`.
"""

from services.aftersales.photos.decoder import Harmless, Refused
from services.aftersales.photos.keeping import (
    HEADERS,
    MOST_OF_INSPECTION,
    MOST_OF_TICKET,
    Size,
    at,
    content,
    forget,
    keep,
    may_forget,
    of,
    refusal,
    served,
)
from services.aftersales.photos.model import Photo

__all__ = [
    "HEADERS",
    "MOST_OF_INSPECTION",
    "MOST_OF_TICKET",
    "Harmless",
    "Photo",
    "Refused",
    "Size",
    "at",
    "content",
    "forget",
    "keep",
    "may_forget",
    "of",
    "refusal",
    "served",
]
