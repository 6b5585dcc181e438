"""Cuts technical English into search words: identifiers taken apart, endings taken off."""

from __future__ import annotations

import re
from functools import lru_cache

_WORD = re.compile(r"[A-Za-z0-9]+(?:['’][a-z]+)?")
_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")

_STOP = (
    "a about above after all also an and any are as at be because been before being below between"
    " both but by can could did do does doing down during each etc few for from further had has"
    " have having he her here hers him his how i if in into is it its itself just let may me might"
    " more most must my no nor not now of off on once only or other our out over own same she"
    " should so some such than that the their them then there these they this those through to"
    " too under until up upon us very was we were what when where which while who whom why will"
    " with would you your s t don ll re ve"
)
STOP = frozenset(_STOP.split())


def words(text: str) -> list[str]:
    """The search words of a text in order, without stop words.

    An identifier gives its parts and itself: `KubePodCrashLooping` is kube, pod, crash, loop and
    kubepodcrashlooping.
    """
    found: list[str] = []
    for word in _WORD.findall(text):
        found.extend(_parts(word))
    return found


@lru_cache(maxsize=65_536)
def _parts(word: str) -> tuple[str, ...]:
    word = re.split(r"['’]", word, maxsplit=1)[0]
    parts = _PART.findall(word)
    kept = [stem(part.lower()) for part in parts if part.lower() not in STOP]
    if len(parts) > 1:
        kept.append(word.lower())
    return tuple(kept)


_ENDINGS = (
    ("ational", "ate"), ("ization", "ize"), ("fulness", "ful"), ("iveness", "ive"),
    ("ousness", "ous"), ("ations", "ate"), ("ation", "ate"), ("ators", "ate"), ("ator", "ate"),
    ("ings", ""), ("ing", ""), ("edly", ""), ("ies", "y"), ("ied", "y"), ("sses", "ss"),
    ("ness", ""), ("ures", ""), ("ure", ""), ("ments", ""), ("ment", ""), ("ions", ""),
    ("ion", ""), ("ers", ""), ("er", ""), ("ed", ""), ("ly", ""), ("es", ""), ("s", ""),
)  # fmt: skip
"""Longest first. Endings that technical words share with their verb: failing, failures, failed."""


def stem(word: str) -> str:
    """One form for the forms of a word; light, so that few words fall together that differ."""
    if len(word) <= 3 or word.endswith(("ss", "us", "is")) or word.isdigit():
        return word
    for ending, instead in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word[: len(word) - len(ending)] + instead
            break
    if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "lsz":
        word = word[:-1]
    return word[:-1] if len(word) > 3 and word.endswith("e") else word
