"""Replays: feeds that operators keep, and the playing of them into a sandbox or on purpose into a meter."""
