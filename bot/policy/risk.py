"""Risk = effect x reversibility x blast radius. Pure.

How far it reaches:

| targets | of tier 1, in production | any other |
| --- | --- | --- |
| 1 | middle | small |
| 2 to 5 | large | middle |
| more, or several services at once | large | large |

What that means for what it does:

| effect | undone by itself | small | middle | large |
| --- | --- | --- | --- | --- |
| record | – | low | low | low |
| write | yes | low | medium | medium |
| write | no | low | medium | high |
| destructive | yes | medium | high | high |
| destructive | no | high | high | high |
"""

from __future__ import annotations

from typing import Literal

from bot.domain.values import RISK_ORDER, Risk
from bot.policy.facts import Facts, Radius
from tools.kit.types import Effect

FEW = 5
"""Targets that a person can still look after one by one."""
NOT_PRODUCTION = frozenset({"dev", "development", "test", "testing", "staging"})
"""An environment of any other name counts as production."""

Reach = Literal["small", "middle", "large"]

_TABLE: dict[tuple[Effect, bool], dict[Reach, Risk]] = {
    (Effect.WRITE, True): {"small": "low", "middle": "medium", "large": "medium"},
    (Effect.WRITE, False): {"small": "low", "middle": "medium", "large": "high"},
    (Effect.DESTRUCTIVE, True): {"small": "medium", "middle": "high", "large": "high"},
    (Effect.DESTRUCTIVE, False): {"small": "high", "middle": "high", "large": "high"},
}


def risk(facts: Facts) -> Risk:
    """The risk of one step. Its reach is its plan's, so that many small steps are no small one."""
    if facts.effect in (Effect.READ, Effect.RECORD):
        return "low"
    return _TABLE[facts.effect, facts.reversible][reach(facts.whole or facts.radius)]


def reach(radius: Radius) -> Reach:
    """How far that is, by the first table."""
    if radius.count > FEW or len(radius.services) > 1:
        return "large"
    harmless = radius.environments and radius.environments <= NOT_PRODUCTION
    vital = radius.tier <= 1 and not harmless
    if radius.count > 1:
        return "large" if vital else "middle"
    return "middle" if vital else "small"


def highest(*risks: Risk) -> Risk:
    return max(risks, key=RISK_ORDER.index)
