"""The parts of the layouts whose ops are computed in Rust: `engine` and `aisimulate`.

An op is a variant of the compiled engine's `Op`, with its tables beside it; its Python class is a shell over a compiled
one. What differs between the trees (paths, names, the interpolation's interface, exhaustive matches that one has and
the other has not) is a fact of the tree, asked of its sources, and never decided by a layout's name.
"""
