"""What fires now, asked of who sends alerts."""
