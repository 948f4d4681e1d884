"""The checks, each a function from a `Bench` to results. They run in the order in which one builds on another."""
