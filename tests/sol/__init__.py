"""Tests of the SOL language."""
