"""What was changed of the systems, wherever it is told."""
