"""The tables: slots, visits and what came of them, and the links contractors work from."""
