"""Faults of the supply that settled readings show: raised once with what they were seen in, then cleared."""
