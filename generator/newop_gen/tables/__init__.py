"""Perf tables as they are in their files, and filed as a spec says: what all that looks at measurements begins with."""
