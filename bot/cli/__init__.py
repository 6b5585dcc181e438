"""One file for each command: `add_arguments` and `run`."""
