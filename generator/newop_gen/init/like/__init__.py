"""A first spec from an op that a checkout has: what its loader and its queries do, read off their code."""
