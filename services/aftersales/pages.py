"""The room's pages, all on one router: those of households and the cooperative's desk."""

from services.aftersales import desk_pages, household_pages
from services.aftersales.page_base import pages

__all__ = ["desk_pages", "household_pages", "pages"]
