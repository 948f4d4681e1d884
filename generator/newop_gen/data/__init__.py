"""Perf tables: reading one, checking it against a spec, and putting it into a checkout."""
