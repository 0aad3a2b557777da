"""Validation, estimation and editing of one meter-day: pure checks whose thresholds are dated data.

What is doubtful is held back until a person decides; what is missing is filled in from the meter's own
past; readings themselves are never touched.
"""
