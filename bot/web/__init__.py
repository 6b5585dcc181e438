"""The door for alerts: webhooks in, health out."""
