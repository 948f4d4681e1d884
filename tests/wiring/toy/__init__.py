"""A toy of what model files import, so that fixtures can be built and their ops counted."""
