"""The staff's desk: queue, search, saved views, bulk actions, reports, opinions."""
