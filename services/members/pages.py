"""The members room's pages: signing in, opening a staff account, a household's data and consents."""

from fastapi import APIRouter

from services.members import pages_household, pages_sign_in, pages_staff

pages = APIRouter()
for part in (pages_sign_in.pages, pages_staff.pages, pages_household.pages):
    pages.include_router(part)
