"""One file for each sender: its payload in, alerts out; pure."""
