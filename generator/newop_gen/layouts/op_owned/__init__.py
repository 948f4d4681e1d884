"""The parts of the layouts whose ops own their tables: `op_owned` and `core`.

An op is one module `operations/<op>.py` with its loader, its cache and its queries; `PerfDatabase` only forwards to it.
`core` is the same below another package, with shims at the old place. What differs between trees of both (how values
between measured points are found, how tables are filed) is probed, not decided by the layout.
"""
