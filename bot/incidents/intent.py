"""What a question about an incident wants to know, told by its words rather than its sentences."""

from __future__ import annotations

import re
from enum import StrEnum

from bot.incidents.likeness import alike


class Intent(StrEnum):
    """One kind of question; each has one kind of answer."""

    WHY = "why"
    CHANGED = "what changed"
    IMPACT = "impact"
    HOW_LONG = "how long"
    WHO = "who is on it"
    APPROVED = "who approved"
    SAFE = "is it safe"
    SEEN = "seen before"
    DOING = "what are you doing now"
    RULED_OUT = "what was ruled out"
    CATCH_UP = "catch me up"
    PLAN = "what's the plan"
    ANYTHING = "anything else"


ASKABLE = tuple(intent.value for intent in Intent if intent is not Intent.ANYTHING)
"""What can be asked, as people put it."""

_CUES: dict[Intent, tuple[str, str, str]] = {
    Intent.WHY: ("", "why cause caused causes reason rootcause", "wrong broke broken happening"),
    Intent.CHANGED: (
        "what changed|any changes|something change|who deployed|what is new|what's new",
        "change changed changes deploy deployed deploys deployment release released rollout",
        "config merged different",
    ),
    Intent.IMPACT: (
        "how bad|who is affected|who's affected|who is hit|blast radius|what breaks",
        "impact impacted affected affects affecting effect effects consequences damage",
        "users severity",
    ),
    Intent.HOW_LONG: (
        "how long|since when|how old|when did|what time",
        "duration began downtime",
        "long since started start minutes hours",
    ),
    Intent.WHO: (
        "who is on|who's on|on it|who owns|who took|who is working|who's working|who is handling"
        "|who was called|who got paged|who is looking|who's looking|who is in charge",
        "commander assignee assigned owner owns oncall",
        "who whose handling paged",
    ),
    Intent.APPROVED: (
        "who approved|was it approved|is it approved|who rejected|who signed|who decided"
        "|who said yes|who allowed",
        "approved approval approvals approver approvers rejected authorised authorized",
        "allowed decided permission approve",
    ),
    Intent.SAFE: (
        "is it safe|is this safe|what could go wrong|can it be undone|what if it fails",
        "safe safely risk risks risky dangerous reversible undo undone rollback",
        "harm harmful worse",
    ),
    Intent.SEEN: (
        "seen before|happened before|seen this|last time|the first time|before this|had this",
        "similar previously previous history recurring recurrent",
        "before again happened earlier",
    ),
    Intent.DOING: (
        "are you doing|you up to|working on|doing now|what now|right now|how far|any progress"
        "|any news|any update|where are we",
        "doing progress status checking investigating",
        "now state update news",
    ),
    Intent.RULED_OUT: (
        "ruled out|rule out|already checked|already tried|not the cause|have you tried"
        "|did you check|have you checked|been excluded",
        "ruled excluded eliminated dismissed",
        "checked tried",
    ),
    Intent.CATCH_UP: (
        "catch me up|catch up|catch us up|fill me in|bring me up|what did i miss|what happened"
        "|in short",
        "catchup summary summarise summarize tldr recap overview",
        "brief short missed",
    ),
    Intent.PLAN: (
        "the plan|what next|what's next|what is next|what waits|waits for|waiting for|what will"
        "|going to do|what do you propose|what do you suggest|how do we fix|how to fix",
        "plan plans proposal propose proposed remedy fix waits waiting suggestion",
        "next steps mend solution",
    ),
}
"""Phrases, words that decide, and words that lean; in that order they weigh less."""
_WEIGHTS = (4, 2, 1)
_WORD = re.compile(r"[a-z0-9]+(?:'[a-z]+)?")


def intent_of(text: str) -> Intent:
    """What is asked; ANYTHING where no word gives it away. Of equals, the first of the list."""
    plain = text.lower().replace("’", "'")
    typed = _WORD.findall(plain)
    spaced = f" {' '.join(typed)} "
    best, most = Intent.ANYTHING, 0
    for intent, (phrases, *words) in _CUES.items():
        score = _WEIGHTS[0] * any(f" {p} " in spaced for p in phrases.split("|") if p)
        for weight, cues in zip(_WEIGHTS[1:], words, strict=True):
            score += weight * sum(any(alike(t, cue) for t in set(typed)) for cue in cues.split())
        if score > most:
            best, most = intent, score
    return best


def is_cue(word: str) -> bool:
    """Whether a word says what is asked rather than what it is asked about."""
    return word in _ALL_CUES


_ALL_CUES = frozenset(
    word
    for phrases, *words in _CUES.values()
    for text in (phrases.replace("|", " "), *words)
    for word in _WORD.findall(text)
)
