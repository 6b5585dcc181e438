"""Measurements over time, wherever they are kept."""
