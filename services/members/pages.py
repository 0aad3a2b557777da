"""The members room's pages: signing in, opening a staff account, a household's consents, homes."""

from fastapi import APIRouter

from services.members import pages_homes, pages_household, pages_sign_in, pages_staff

pages = APIRouter()
for part in (pages_sign_in.pages, pages_staff.pages, pages_household.pages, pages_homes.pages):
    pages.include_router(part)
