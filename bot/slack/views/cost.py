"""What an incident's models cost."""

from __future__ import annotations

from collections.abc import Iterable

from bot.domain import events as e


def model_cost(events: Iterable[e.Event]) -> str:
    """`3 model turns, 12,400 tokens, $0.04`; empty where no model was asked."""
    turns = [event for event in events if isinstance(event, e.TurnTaken)]
    if not turns:
        return ""
    tokens, dollars = sum(t.tokens for t in turns), sum(t.dollars for t in turns)
    many = "1 model turn" if len(turns) == 1 else f"{len(turns)} model turns"
    return f"{many}, {tokens:,} tokens, ${dollars:.2f}"
