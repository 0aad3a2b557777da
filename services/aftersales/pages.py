"""The room's pages: those of households and the cooperative's desk."""

from fastapi import APIRouter

from services.aftersales import desk_pages, household_pages

pages = APIRouter(include_in_schema=False)
pages.include_router(household_pages.pages)
pages.include_router(desk_pages.pages)
