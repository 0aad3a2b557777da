"""The room's HTTP API, all on one router: requests, and the cooperative's own settings."""

from services.aftersales import settings_api, tickets_api
from services.aftersales.api_base import router
from services.aftersales.dwelling_file import api as dwelling_api
from services.aftersales.incidents import api as incidents_api
from services.aftersales.incidents import meter_pages
from services.aftersales.parties import api as parties_api
from services.aftersales.photos import api as photos_api

__all__ = ["incidents_api", "meter_pages", "dwelling_api", "parties_api", "photos_api", "router", "settings_api", "tickets_api"]
