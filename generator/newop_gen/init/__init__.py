"""A first spec: from answers, from a collected table, or from an op that a checkout has."""
