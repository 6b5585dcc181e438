"""Slack's limits on blocks and views, held to as Slack does: one fault refuses the whole."""
