"""What people may do in the members room; pages and API call these, inside a unit that they never commit."""
