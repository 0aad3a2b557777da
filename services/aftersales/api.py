"""The room's HTTP API, all on one router: requests, and the cooperative's own settings."""

from services.aftersales import settings_api, tickets_api
from services.aftersales.api_base import router

__all__ = ["router", "settings_api", "tickets_api"]
