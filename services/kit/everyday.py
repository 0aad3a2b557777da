"""Energy in everyday things, said alike on a page and in a letter."""

LED_BULB_W = 8
"""A common household bulb."""


def led_bulbs(watts: float) -> int:
    """How many bulbs that are always on draw as much; at least one."""
    return max(1, round(watts / LED_BULB_W))
