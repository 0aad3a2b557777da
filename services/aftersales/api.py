"""The room's HTTP API, all on one router: requests, and the cooperative's own settings."""

from services.aftersales import settings_api, tickets_api
from services.aftersales.api_base import router
from services.aftersales.dwelling_file import api as dwelling_api
from services.aftersales.incidents import api as incidents_api
from services.aftersales.incidents import meter_pages
from services.aftersales.inspections import api as inspections_api
from services.aftersales.intake import api as intake_api
from services.aftersales.notices import api as notices_api
from services.aftersales.opinions import api as opinions_api
from services.aftersales.parties import api as parties_api
from services.aftersales.photos import api as photos_api
from services.aftersales.reports import api as reports_api
from services.aftersales.visits import api as visits_api

__all__ = [
    "dwelling_api",
    "incidents_api",
    "inspections_api",
    "intake_api",
    "meter_pages",
    "notices_api",
    "opinions_api",
    "parties_api",
    "photos_api",
    "reports_api",
    "router",
    "settings_api",
    "tickets_api",
    "visits_api",
]
