"""Written notices to the party that owes a repair, stored with their proof of delivery."""
