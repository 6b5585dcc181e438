"""What models cost and hold.

Anthropic's model pages (October 2026) and OpenAI's price page (November 2026), at the rates for
prompts of ordinary length: claude-haiku-5-5 costs five times as much from 100,000 tokens on, the
GPT models twice as much from 272,000. Cache writes are those that last five minutes.
"""

from __future__ import annotations

from bot.agent.model import Price
from tools.kit.types import Frozen


class ModelCard(Frozen):
    """What is known of a model before it is asked anything."""

    price: Price
    context_tokens: int
    """Input and output together."""
    known: bool = True
    """False: the name is in no table. Its price counts as nothing, its context as small."""


def _card(price_in: float, price_out: float, read: float, write: float, context: int) -> ModelCard:
    price = Price(input=price_in, output=price_out, cache_read=read, cache_write=write)
    return ModelCard(price=price, context_tokens=context)


_CARDS = {
    "claude-opus-5-5": _card(4, 20, 0.20, 5, 1_000_000),
    "claude-sonnet-5-5": _card(2, 10, 0.20, 2.50, 1_000_000),
    "claude-haiku-5-5": _card(0.10, 0.50, 0.01, 0.125, 1_000_000),
    "claude-fable-5-1": _card(10, 50, 0.25, 12.50, 1_000_000),
    "claude-sonnet-5": _card(2, 10, 0.20, 2.50, 1_000_000),
    "claude-haiku-4-5": _card(1, 5, 0.10, 1.25, 200_000),
    "gpt-6.1-terra": _card(1, 5, 0.05, 1.25, 400_000),
    "gpt-6-sol": _card(2, 10, 0.20, 2.50, 400_000),
    "gpt-6-luna": _card(0.10, 0.50, 0.01, 0.125, 400_000),
    "gpt-5.6-sol": _card(5, 30, 0.50, 5, 400_000),
    "gpt-5.6-terra": _card(2, 12, 0.20, 2, 400_000),
    "gpt-5.6-luna": _card(0.20, 1.20, 0.02, 0.20, 400_000),
}

_UNKNOWN_CONTEXT = 32_000
"""Small enough for a model at home; one that holds more loses only some of its memory."""


def card(name: str) -> ModelCard:
    """The card of a model, a dated name such as `claude-haiku-4-5-20251001` among them."""
    found = _CARDS.get(name)
    if found is None:
        stem, _, date = name.rpartition("-")
        found = _CARDS.get(stem) if len(date) == 8 and date.isdigit() else None
    if found is not None:
        return found
    context = 200_000 if name.startswith("claude-") else _UNKNOWN_CONTEXT
    nothing = Price(input=0, output=0, cache_read=0, cache_write=0)
    return ModelCard(price=nothing, context_tokens=context, known=False)
