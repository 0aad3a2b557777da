"""Appointments: slots, choice, reminders, on the way, missed; and the links contractors work from."""
