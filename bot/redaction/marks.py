"""What stands where a secret was."""

from __future__ import annotations

import hashlib

_CUT = r"\[s(?:e(?:c(?:r(?:e(?:t(?: [0-9a-f]{0,6})?)?)?)?)?)?(?:…|\.\.\.|\Z)"
MARK = rf"(?:\[secret [0-9a-f]{{6}}\]|{_CUT})"
"""Matches a mark, also one within which a line was cut: that is no secret of its own."""


def mark(secret: str) -> str:
    """The same for the same secret always, so that two places can be told to hold one."""
    return f"[secret {hashlib.sha256(secret.encode('utf-8', 'replace')).hexdigest()[:6]}]"
