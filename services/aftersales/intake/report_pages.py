"""The pages of a household's report, in the order in which their addresses are tried."""

from services.aftersales.intake import danger_pages, last_page, step_pages

__all__ = ["danger_pages", "last_page", "step_pages"]
