"""The web shell around the rooms' pages, for households, staff and operators."""
