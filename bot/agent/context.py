"""Keeps a conversation within what a model can hold: old results go first, words stay."""

from __future__ import annotations

from collections.abc import Sequence

from bot.agent.model import Message, ModelTurn, ToolMessage

_CHARS_PER_TOKEN = 3.0
"""On the safe side: JSON and log lines cut into more tokens than prose."""
_SHARE = 0.6
"""Of a model's context that the conversation may fill; the rest is for tools and the answer."""
_KEEP_LAST = 3
"""Results of the latest turns are never evicted."""
EVICTED = "(taken out to save room; `read_more` gives it again)"


def fit(messages: Sequence[Message], context_tokens: int) -> tuple[Message, ...]:
    """The messages, results of the oldest turns emptied until the rest fits.

    Evicts in blocks of half the room, so that what stays keeps the same bytes for many turns and
    is read from the provider's cache.
    """
    room = int(context_tokens * _CHARS_PER_TOKEN * _SHARE)
    size = sum(len(m.model_dump_json()) for m in messages)
    if size <= room:
        return tuple(messages)
    target = room // 2
    kept = list(messages)
    results = [i for i, m in enumerate(kept) if isinstance(m, ToolMessage)]
    for index in results[:-_KEEP_LAST]:
        if size <= target:
            break
        message = kept[index]
        if isinstance(message, ToolMessage):
            emptied = message.model_copy(
                update={
                    "results": tuple(
                        r.model_copy(update={"text": _short(r.text)}) for r in message.results
                    )
                }
            )
            size -= len(message.model_dump_json()) - len(emptied.model_dump_json())
            kept[index] = emptied
    return tuple(_unsigned(kept, results))


def _unsigned(messages: list[Message], results: list[int]) -> list[Message]:
    """Without the providers' own blocks after what was emptied: thinking is signed over all that
    came before it, and is refused where that has changed."""
    changed = next((i for i in results if EVICTED in str(messages[i])), len(messages))
    return [
        m.model_copy(update={"raw": ()}) if isinstance(m, ModelTurn) and i > changed else m
        for i, m in enumerate(messages)
    ]


def _short(text: str) -> str:
    """Id, status and summary; the latter between its marks, as it came."""
    lines = text.splitlines()
    marked = len(lines) > 2 and lines[1].startswith("<data ")
    head = [line[:200] for line in lines[: 3 if marked else 1]]
    return "\n".join([*head, *(["</data>"] if marked else []), EVICTED]) if text else text
