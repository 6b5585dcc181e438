"""What an incident is and how it is decided: no I/O, no clock, no vendor."""
