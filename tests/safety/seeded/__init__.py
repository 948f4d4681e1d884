"""Seeded single changes to the generator, and which suites notice them: `make sabotage ARGS=--random`."""
