"""The rules across fields, one module per part of a spec. Each takes a `Report` and adds to it."""
