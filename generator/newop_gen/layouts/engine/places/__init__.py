"""Where an op is named in a tree whose ops are Rust: one function per place, each giving settled drafts.

Every place is found by what it is (the last arm of a function's match, the end of an enum, the run of `mod` lines), so
that a variant that a release appends is no matter. An op's lines at a place are complete in themselves: several ops go
in and come out in any order. What they share where a count must follow, the pinned indices, is made once and goes with
the last of them.
"""
