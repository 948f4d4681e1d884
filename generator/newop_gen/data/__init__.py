"""Perf tables: checking one against its spec, and putting it into a checkout."""
