"""The names of all rooms."""

ROOMS = ("members", "intake", "metering", "advice", "aftersales", "notifications", "timekeeper", "portal")
"""In starting order: `members` answers who may connect before devices come."""
