"""Photos of requests and inspections: made harmless, kept, shown."""
