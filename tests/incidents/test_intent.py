"""What people ask at night is understood by its words, typos and all."""

from __future__ import annotations

import pytest

from bot.incidents.intent import ASKABLE, Intent, intent_of
from bot.incidents.likeness import alike

ASKED = {
    Intent.WHY: ["why is etl failing", "and why?", "wyh", "what is the root cause", "what's wrong"],
    Intent.CHANGED: [
        "what changed",
        "anything deployed recently?",
        "what chnaged",
        "who deployed?",
    ],
    Intent.IMPACT: ["what is the impact", "who is affected", "how bad is it", "blast radius?"],
    Intent.HOW_LONG: ["how long has it been down", "since when", "when did it start"],
    Intent.WHO: ["who is on it", "who's working on this?", "who owns it", "who was called"],
    Intent.APPROVED: ["who approved that", "was it apporved?", "who rejected it and why"],
    Intent.SAFE: ["is it safe to run", "what could go wrong", "is it risky", "can it be undone?"],
    Intent.SEEN: ["has this happened before", "seen before?", "anything similar"],
    Intent.DOING: ["what are you doing now", "status?", "any news", "where are we"],
    Intent.RULED_OUT: ["what did you rule out", "what was ruled out", "have you checked the disk"],
    Intent.CATCH_UP: ["catch me up", "Catch up please", "tldr", "what did i miss"],
    Intent.PLAN: ["what's the plan", "whats the plan", "what waits", "what next?", "the fix?"],
    Intent.ANYTHING: ["is inc-2 ok", "how is etl", "should I be worried", ""],
}


@pytest.mark.parametrize(
    ("intent", "text"), [(intent, text) for intent, texts in ASKED.items() for text in texts]
)
def test_a_question_is_taken_for_what_it_asks(intent: Intent, text: str) -> None:
    assert intent_of(text) is intent
    assert intent_of(text.upper()) is intent


@pytest.mark.parametrize("words", ASKABLE)
def test_what_opsbot_says_can_be_asked_can_be_asked(words: str) -> None:
    assert intent_of(words).value == words


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("chnaged", "changed"), ("aproved", "approved"), ("approvedd", "approved"), ("wyh", "why"),
     ("impect", "impact"), ("summary", "summary")],
)  # fmt: skip
def test_a_slip_of_the_thumb_is_the_same_word(typed: str, meant: str) -> None:
    assert alike(typed, meant)
    assert alike(meant, typed)


@pytest.mark.parametrize(
    ("one", "other"),
    [("safe", "same"), ("who", "how"), ("why", "way"), ("plan", "plane"), ("checked", "cracked"),
     ("impact", "impart s"), ("", "a"), ("orders", "order-db")],
)  # fmt: skip
def test_another_word_is_another_word(one: str, other: str) -> None:
    assert not alike(one, other)
    assert not alike(other, one)
