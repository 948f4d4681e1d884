"""What a modeller wants to see before collecting data: where an op's time goes, and how measurements compare."""
