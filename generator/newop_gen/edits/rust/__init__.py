"""Small edits of Rust files: the same values as those of Python's, placed by the tree that tree-sitter reads.

`find` locates items, arms and lists by what they are; `place` puts whole lines between them; `sorted` puts a name where
rustfmt would. None of them looks at the name of the last variant or of any neighbour that a release may add to.
"""
