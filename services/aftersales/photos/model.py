"""The tables: photos of requests and inspections: made harmless, kept, shown."""
