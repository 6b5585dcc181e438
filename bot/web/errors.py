"""What a sender is told when its request can't be taken."""

from __future__ import annotations


class BadPayloadError(Exception):
    """The body isn't what this sender sends. Names the field; answered with 400."""
