"""Tickets: the books of an incident, kept where the team keeps its work."""
