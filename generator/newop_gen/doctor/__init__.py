"""Finding defects in the op code of a checkout, hand-written or generated, by reasoning about the code."""
