"""Building a checkout whose ops are compiled: by the user's cargo, into the tool's cache, never into the tree.

`builds` is the place in the cache, `sources` what a build is made from, `cargo` the running of it, `make` the three
together: an extension or a test program that is proved, by digest, to be what these sources make.
"""
