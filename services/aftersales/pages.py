"""The room's pages, all on one router: those of households and the cooperative's desk."""

# Addresses that are a word come before those where any word may stand: /tickets/new, then /tickets/{ticket}.
from services.aftersales.intake import phone_pages, report_pages

# isort: split
from services.aftersales import (
    household_pages,
    settings_contact,
    settings_pages,
    settings_plants,
    settings_visits,
)
from services.aftersales.desk import queue_pages, ticket_pages
from services.aftersales.dwelling_file import pages as dwelling_pages
from services.aftersales.incidents import meter_pages
from services.aftersales.incidents import pages as incident_pages
from services.aftersales.inspections import handover_pages, locked_pages, room_pages, signing_pages
from services.aftersales.inspections import pages as inspection_pages
from services.aftersales.notices import pages as notice_pages
from services.aftersales.notices import party_pages as notice_party_pages
from services.aftersales.opinions import contractor_pages as contractor_opinion_pages
from services.aftersales.opinions import pages as opinion_pages
from services.aftersales.page_base import pages
from services.aftersales.parties import asking, contractor_acts, contractor_pages
from services.aftersales.parties import desk_pages as party_desk_pages
from services.aftersales.parties import pages as party_pages
from services.aftersales.photos import pages as photo_pages
from services.aftersales.reports import pages as report_pages_of_staff
from services.aftersales.visits import desk_pages as visit_desk_pages
from services.aftersales.visits import household_pages as visit_pages

__all__ = [
    "asking",
    "contractor_acts",
    "contractor_opinion_pages",
    "contractor_pages",
    "dwelling_pages",
    "handover_pages",
    "household_pages",
    "incident_pages",
    "inspection_pages",
    "locked_pages",
    "meter_pages",
    "notice_pages",
    "notice_party_pages",
    "opinion_pages",
    "pages",
    "party_desk_pages",
    "party_pages",
    "phone_pages",
    "photo_pages",
    "queue_pages",
    "report_pages",
    "report_pages_of_staff",
    "room_pages",
    "settings_contact",
    "settings_pages",
    "settings_plants",
    "settings_visits",
    "signing_pages",
    "ticket_pages",
    "visit_desk_pages",
    "visit_pages",
]
