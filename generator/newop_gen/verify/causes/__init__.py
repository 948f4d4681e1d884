"""From numbers that are wrong to the mistake that makes such numbers.

Nothing here knows how an op is written: a cause is found by working out what the op would have answered with one rule
changed, and comparing that with what it did answer.
"""
