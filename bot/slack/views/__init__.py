"""What each message looks like: pure functions from an incident to blocks."""
