"""The one router that all of this room's API is on."""

from services.kit.web import api_router

router = api_router("metering")
