"""Tests of the printer."""
