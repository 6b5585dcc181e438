"""Every key opsbot keeps in Redis."""

from __future__ import annotations

COUNTER = "opsbot:counter"
FEED = "opsbot:feed"
"""Sorted set: incident or storm → sequence of its last change that is not shown yet. Also the
channel."""
FEED_SEQUENCE = "opsbot:feed:sequence"
DUE = "opsbot:due"
"""Sorted set: work → when to do it, seconds since the epoch."""
OPEN = "opsbot:open"
INCIDENTS = "opsbot:incidents"
INBOX = "opsbot:inbox"
PROBE = "opsbot:probe"
CHAINING = "opsbot:chaining"
"""Since which incident each entry is signed, and with which key."""
STANDING_LOOKS = "opsbot:standing:looks"
"""Hash: sender → when it was last asked what fires."""
WATCHDOG_HEARD = "opsbot:watchdog:heard"
WATCHDOG_SILENT = "opsbot:watchdog:silent"
WATCHDOG_LOOKS = "opsbot:watchdog:looks"
STOPS = "opsbot:stops"
"""Hash: scope → who stopped it, when and why."""
BREAKERS = "opsbot:breakers"
"""Hash: service → why its breaker is open."""
CONTROLS = "opsbot:controls"
"""Stream: every change of the two, append only."""
FOLLOWS = "opsbot:follows"
"""Hash: person, target and place → the subscription."""
QUIET = "opsbot:quiet"
"""Hash: user → their quiet hours."""

HOMES = "opsbot:homes"
"""Sorted set: user → when they last looked at their Home tab, seconds since the epoch."""
HOMES_SHOWN = "opsbot:homes:shown"
"""Hash: user → digest of what they were shown there."""


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


def limit(name: str) -> str:
    return f"opsbot:limit:{name}"


def thread(channel: str, ts: str) -> str:
    return f"opsbot:thread:{channel}:{ts}"


def talk(channel: str, ts: str) -> str:
    return f"opsbot:talk:{channel}:{ts}"


def said_there(channel: str, ts: str, what: str) -> str:
    return f"opsbot:talk:{channel}:{ts}:{what}"


def budget(name: str) -> str:
    return f"opsbot:budget:{name}"


def budget_waiting(name: str) -> str:
    """There while something urgent waits for that budget."""
    return f"opsbot:budget-waiting:{name}"


def budget_paused(method: str) -> str:
    """There until Slack may be asked again."""
    return f"opsbot:budget-paused:{method}"


def slack_lacks(feature: str) -> str:
    return f"opsbot:slack:lacks:{feature}"


def spent(name: str) -> str:
    """`name` is an incident's id or a day, `2026-11-23`."""
    return f"opsbot:spent:{name}"


def question(question_id: str) -> str:
    return f"opsbot:question:{question_id}"


def answer(question_id: str) -> str:
    return f"opsbot:answer:{question_id}"


QUESTIONS = "opsbot:questions"
"""Sorted set: question that is not done → when it was asked, seconds since the epoch."""


def thinking(channel: str, ts: str) -> str:
    return f"opsbot:thinking:{channel}:{ts}"


def thinker(user: str) -> str:
    return f"opsbot:thinker:{user}"


def question_stopped(question_id: str) -> str:
    return f"opsbot:question:{question_id}:stopped"


def failed_actions(service: str) -> str:
    """Sorted set: key of an action → when it failed, milliseconds since the epoch."""
    return f"opsbot:breaker:{service}"


def failures(work: str) -> str:
    return f"opsbot:failures:{work}"


def standing(source: str) -> str:
    return f"opsbot:standing:of:{source}"


def told(place: str, incident: str) -> str:
    """Set of the notices that followers at that place have been sent."""
    return f"opsbot:told:{place}:{incident}"
