"""Slack: what people see, say and press."""
