"""What stands where a secret was."""

from __future__ import annotations

import hashlib

MARK = r"\[secret [0-9a-f]{6}\]"
"""Matches a mark."""


def mark(secret: str) -> str:
    """The same for the same secret always, so that two places can be told to hold one."""
    return f"[secret {hashlib.sha256(secret.encode('utf-8', 'replace')).hexdigest()[:6]}]"
