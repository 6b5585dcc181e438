"""Every key opsbot keeps in Redis."""

from __future__ import annotations

COUNTER = "opsbot:counter"
FEED = "opsbot:feed"
"""Sorted set: incident → sequence of its last change that is not shown yet. Also the channel."""
FEED_SEQUENCE = "opsbot:feed:sequence"
DUE = "opsbot:due"
"""Sorted set: work → when to do it, seconds since the epoch."""
OPEN = "opsbot:open"
INCIDENTS = "opsbot:incidents"
INBOX = "opsbot:inbox"


def decisions(incident: str) -> str:
    return f"opsbot:{incident}:decisions"


def work(incident: str) -> str:
    return f"opsbot:{incident}:work"


def slots(incident: str) -> str:
    return f"opsbot:{incident}:slots"


def fingerprint(value: str) -> str:
    return f"opsbot:fingerprint:{value}"


def delivery(once: str) -> str:
    return f"opsbot:delivery:{once}"


def lease(name: str) -> str:
    return f"opsbot:lease:{name}"


def switch(name: str) -> str:
    return f"opsbot:switch:{name}"


def limit(name: str) -> str:
    return f"opsbot:limit:{name}"


def thread(channel: str, ts: str) -> str:
    return f"opsbot:thread:{channel}:{ts}"


def budget(name: str) -> str:
    return f"opsbot:budget:{name}"


def spent(name: str) -> str:
    """`name` is an incident's id or a day, `2026-11-23`."""
    return f"opsbot:spent:{name}"


def question(question_id: str) -> str:
    return f"opsbot:question:{question_id}"


def answer(question_id: str) -> str:
    return f"opsbot:answer:{question_id}"


def failures(work: str) -> str:
    return f"opsbot:failures:{work}"
