"""Runbooks: read, checked, found and reasoned over; no I/O but reading their folder."""
