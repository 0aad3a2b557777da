"""The room's pages, all on one router: the household's consumption and the operator's flow and quarantine."""

from services.metering import household_pages, operator_meter_pages, operator_pages
from services.metering.imports import pages as import_pages
from services.metering.page_base import pages
from services.metering.replays import pages as replay_pages

__all__ = [
    "household_pages",
    "import_pages",
    "operator_meter_pages",
    "operator_pages",
    "pages",
    "replay_pages",
]
