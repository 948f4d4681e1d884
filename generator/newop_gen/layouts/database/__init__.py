"""The parts of the layouts whose queries are methods of `PerfDatabase`: `direct`, `func_map` and `sources`.

Each module plans one row of the guide; `plan` puts them together from a layout's `DatabaseFacts`.
"""
