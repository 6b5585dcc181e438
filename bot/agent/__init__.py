"""Brains: they look and propose; none of them can act."""
