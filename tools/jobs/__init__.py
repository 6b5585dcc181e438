"""Scheduled jobs: their parameters and their runs."""
