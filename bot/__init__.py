"""opsbot: an incident bot that can be trusted with production."""
