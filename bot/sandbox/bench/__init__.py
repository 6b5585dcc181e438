"""Measures what an investigation costs: time, tokens, processor and memory, each with its limit."""
