"""A sender's word for severity, in ours."""

from __future__ import annotations

from bot.domain.values import Severity

_WORDS: dict[str, Severity] = {
    "sev1": "sev1",
    "p1": "sev1",
    "page": "sev1",
    "emergency": "sev1",
    "sev2": "sev2",
    "p2": "sev2",
    "critical": "sev2",
    "highest": "sev2",
    "urgent": "sev2",
    "high": "sev2",
    "error": "sev2",
    "sev3": "sev3",
    "p3": "sev3",
    "warning": "sev3",
    "medium": "sev3",
    "sev4": "sev4",
    "p4": "sev4",
    "p5": "sev4",
    "info": "sev4",
    "none": "sev4",
    "low": "sev4",
    "lowest": "sev4",
}


def severity_of(word: str) -> Severity:
    """`critical` → sev2; sev1 only where the sender says so. An unknown word is sev3."""
    return _WORDS.get(word.strip().lower(), "sev3")
