"""Keeps a conversation within what a model can hold: old results go first, then old turns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.agent.model import Message, ModelTurn, ToolMessage, UserMessage

_CHARS_PER_TOKEN = 3.0
"""On the safe side: JSON and log lines cut into more tokens than prose."""
_SHARE = 0.9
"""Of what tools and answer leave of a model's context; the rest is for what we can't count."""
_MOST_ANSWER = 16_000
_ANSWER_SHARE = 1 / 4
"""Of what a model holds, that its answer may take, thinking included."""
_LEAST_SHARE = 0.25
_MOST_TOKENS = 150_000
"""Of a conversation, however much the model could hold: more is dear, and read less well."""
_RESULTS_IN_CONTEXT = 40
_KEEP_LAST = 3
"""Results of so many of the latest turns stay whole as long as that is possible."""
_SHORT_CHARS = 300
"""A result that short is not worth taking out."""
_RECALLED_CHARS = 200
EVICTED = "(taken out to save room; `read_more` gives it again)"


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much a model is shown at first, in characters; the rest stays in the ledger."""

    result: int = 1_600
    """Of one result: about 400 tokens."""
    more: int = 6_000
    """Of one answer to `read_more`."""
    evidence: int = 400
    """Of each piece of evidence that an investigation starts from."""
    survey: int = 8_000
    """Of all those pieces together."""


AMPLE = Sizes()


def sizes(context_tokens: int) -> Sizes:
    """The sizes for a model that holds so many tokens; a small one is shown less."""
    most = AMPLE
    room = int(context_tokens * _CHARS_PER_TOKEN / 2)
    result = min(most.result, max(400, room // _RESULTS_IN_CONTEXT))
    return Sizes(
        result=result,
        more=min(most.more, 4 * result),
        evidence=min(most.evidence, result // 3),
        survey=min(most.survey, room // 5),
    )


def answer_tokens(context_tokens: int) -> int:
    """How long an answer may be: many servers count it against the context beforehand."""
    return min(_MOST_ANSWER, int(context_tokens * _ANSWER_SHARE))


def fit(
    messages: Sequence[Message], context_tokens: int, fixed_chars: int = 0
) -> tuple[Message, ...]:
    """The messages, results of the oldest turns emptied where they would not fit.

    `fixed_chars`: of the system prompt and the tools. It goes through the conversation as it
    grew, so that each request repeats the one before but for a rare block taken out at once: that
    is what the provider's cache and the signatures of thinking rest on.
    """
    room = _room(context_tokens, fixed_chars)
    kept: list[Message] = []
    size = 0
    for message in messages:
        if isinstance(message, ModelTurn) and size > room:
            kept = _evict(kept, room)
            size = _chars(kept)
        kept.append(message)
        size += message.chars
    return tuple(_evict(kept, room) if size > room else kept)


def _room(context_tokens: int, fixed_chars: int) -> int:
    whole = context_tokens * _CHARS_PER_TOKEN
    free = whole - answer_tokens(context_tokens) * _CHARS_PER_TOKEN - fixed_chars
    return int(min(max(free * _SHARE, whole * _LEAST_SHARE), _MOST_TOKENS * _CHARS_PER_TOKEN))


def _evict(messages: list[Message], room: int) -> list[Message]:
    """Half the room empty again, or as much of it as can be."""
    kept = list(messages)
    size = _chars(kept)
    results = [i for i, m in enumerate(kept) if isinstance(m, ToolMessage)]
    for index in results[:-_KEEP_LAST]:
        if size <= room // 2:
            break
        size -= kept[index].chars
        kept[index] = _emptied(kept[index])
        size += kept[index].chars
    if size > room * 2 // 3:
        # So little would be left that the next turns would take out again, one by one.
        kept = _compacted(kept, room)
    return _unsigned(kept, messages)


def _compacted(messages: list[Message], room: int) -> list[Message]:
    """The first message, what the old turns came to, and the latest turns with their results."""
    turns = [i for i, m in enumerate(messages) if isinstance(m, ModelTurn)]
    if len(turns) < 2:
        return messages
    begin = turns[0]
    fitting = (at for at in turns[1:-1] if _chars(messages[at:]) <= room // 4)
    cut = next(fitting, turns[-1])
    old, latest = messages[begin:cut], messages[cut:]
    recalled = [text for message in old for text in _recalled(message)]
    left = room // 5
    told: list[str] = []
    for text in reversed(recalled):
        left -= len(text)
        if left < 0:
            break
        told.append(text)
    head = f"Earlier turns were taken out to save room. Of what they saw, {EVICTED[1:-1]}:"
    return [*messages[:begin], UserMessage(text="\n".join([head, *reversed(told)])), *latest]


def _recalled(message: Message) -> list[str]:
    if isinstance(message, UserMessage):
        return [message.text]
    if isinstance(message, ToolMessage):
        return [_short(r.text).removesuffix(EVICTED).rstrip() for r in message.results]
    return [message.text[:_RECALLED_CHARS]] if message.text else []


def _unsigned(kept: list[Message], before: list[Message]) -> list[Message]:
    """Without the providers' own blocks after what was changed: thinking is signed over all that
    came before it, and is refused where that is not the same."""
    pairs = enumerate(zip(kept, before, strict=False))
    changed = next((i for i, (now, then) in pairs if now is not then), len(kept))
    return [
        m.without_raw() if isinstance(m, ModelTurn) and i > changed else m
        for i, m in enumerate(kept)
    ]


def _emptied(message: Message) -> Message:
    if not isinstance(message, ToolMessage):
        return message
    short = [r.model_copy(update={"text": _short(r.text)}) for r in message.results]
    return ToolMessage(results=tuple(short)) if short != list(message.results) else message


def _short(text: str) -> str:
    """Id, status and summary; the latter between its marks, as it came."""
    if len(text) <= _SHORT_CHARS or text.endswith(EVICTED):
        return text
    lines = [line[:_RECALLED_CHARS] for line in text.splitlines()[:3]]
    marked = next((at for at, line in enumerate(lines[:2]) if line.startswith("<data ")), None)
    head = lines[:1] if marked is None else [*lines[: marked + 2], "</data>"]
    return "\n".join([*head, EVICTED])


def _chars(messages: Sequence[Message]) -> int:
    return sum(message.chars for message in messages)
