"""The names of all rooms, and of what runs beside them."""

ROOMS = ("members", "intake", "metering", "advice", "aftersales", "notifications", "timekeeper", "portal")
"""In starting order: `members` answers who may connect before devices come."""
PROCESSES = (*ROOMS, "player")
"""The player speaks MQTT and HTTP to the rooms, like a device and an operator (see `deploy/player.py`)."""
