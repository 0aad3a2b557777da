"""A dwelling's file: its legal dates and windows as a timeline, its equipment, the check-ins."""
