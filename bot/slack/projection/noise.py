"""How much is said where nobody answers: what needs a person always, all else within bounds."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence

from bot.domain.ports import Posted
from bot.slack.slots import Slot
from bot.slack.views.text import noticed, section

MOST_UNANSWERED = 12
"""Messages in a thread since a person last did anything there."""
_MOST = {"investigation": 1, "diagnosis": 2, "execution": 1, "monitor": 1, "words": 1}
"""Of these kinds, in the same time. Of plans there are three, and calls go up a line of three."""
_NOT_COUNTED = ("card", "answer", "quiet", "severity", "reopened", "handover")
"""Answers to people, and what they did themselves, are no noise of opsbot's."""


def bounded(
    incident: str, slots: Sequence[Slot], posted: Mapping[str, Posted], heard: str
) -> list[Slot]:
    """The slots that may be shown now. What is held back is not posted, and once a person has
    said something (`heard` is the last of that) it may be.

    Everything counts; what rings and the last word are never held back. An edit makes no noise.
    """
    unanswered = Counter(
        slot.kind for slot in slots if _counts(slot) and _unanswered(posted.get(slot.id), heard)
    )
    line = _gone_quiet(incident, heard)
    kept: list[Slot] = []
    for slot in slots:
        free = slot.rings or slot.moot or slot.kind in ("report", *_NOT_COUNTED)
        if slot.id in posted or free:
            kept.append(slot)
        elif unanswered[slot.kind] >= _MOST.get(slot.kind, MOST_UNANSWERED):
            continue
        elif unanswered.total() >= MOST_UNANSWERED:
            kept += [line] if line not in kept else []
            continue
        else:
            kept.append(slot)
        if _counts(slot) and slot.id not in posted and not slot.moot:
            unanswered[slot.kind] += 1
    return kept


def _counts(slot: Slot) -> bool:
    """Whether it is a message in the thread that the projector posts by itself."""
    return slot.kind not in _NOT_COUNTED and slot.channel is None


def _unanswered(known: Posted | None, heard: str) -> bool:
    return known is not None and known.heard == heard


def _gone_quiet(incident: str, heard: str) -> Slot:
    """One line for each time that it goes quiet."""
    silence = hashlib.sha256(heard.encode()).hexdigest()[:8]
    words = (
        f"*{incident}: I have written {MOST_UNANSWERED} messages here and nobody answered.* From"
        " here on I only edit them, and the card tells where it stands. What needs a person still"
        " rings. Ask me anything here and I go on."
    )
    return Slot(
        id=f"quiet:{silence}",
        text=noticed(f"{incident}: nobody answers, so I only edit from here on"),
        blocks=(section(words),),
    )
