"""Stands in for the outside, so that opsbot runs alone."""
