"""The room's pages, all on one router: signing in, staff accounts, consents, homes, one's own account."""

from services.members import (
    pages_account,
    pages_homes,
    pages_household,
    pages_meters,
    pages_residences,
    pages_sign_in,
    pages_staff,
)
from services.members.page_base import pages

__all__ = [
    "pages",
    "pages_account",
    "pages_homes",
    "pages_household",
    "pages_meters",
    "pages_residences",
    "pages_sign_in",
    "pages_staff",
]
