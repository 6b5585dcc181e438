"""What may be done, to what, and who is asked; pure."""
