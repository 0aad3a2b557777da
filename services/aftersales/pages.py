"""The room's pages, all on one router: those of households and the cooperative's desk."""

from services.aftersales import household_pages
from services.aftersales.desk import queue_pages, ticket_pages
from services.aftersales.incidents import meter_pages
from services.aftersales.incidents import pages as incident_pages
from services.aftersales.page_base import pages
from services.aftersales.photos import pages as photo_pages

__all__ = [
    "household_pages",
    "incident_pages",
    "meter_pages",
    "pages",
    "photo_pages",
    "queue_pages",
    "ticket_pages",
]
