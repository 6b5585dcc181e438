"""Slack's Web API methods, as far as the local Slack speaks them."""
