"""What the members room's pages share: one router, which the portal's map of places can read."""

from services.kit.pages import page_router

pages = page_router("members")
