"""Log lines, wherever they are kept."""
