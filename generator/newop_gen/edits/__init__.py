"""Small edits: find a place with `ast`, return `plan.Insertion`s against the file's original bytes.

Nothing here changes a file or a tree. `find` locates, `place` puts whole lines between statements, `bracket` puts one
element into a bracketed literal, a call or an import. Every insertion is complete in itself, so that several ops can
use the same place without knowing of each other.
"""
