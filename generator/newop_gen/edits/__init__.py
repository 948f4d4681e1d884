"""Small edits: find a place in a file's syntax tree, return `plan.Insertion`s against its original bytes.

Nothing here changes a file or a tree. `lines` is for all languages; `python` and `rust` each find places in their own
trees and put whole lines, or one element of a list, there. Every insertion is complete in itself, so that several ops
can use the same place without knowing of each other.
"""
