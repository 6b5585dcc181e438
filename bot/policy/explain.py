"""Why policy says what it says of one step. Pure."""

from __future__ import annotations

from bot.domain.values import Risk, Verdict
from bot.policy.gate import judge
from bot.policy.risk import risk
from bot.policy.rules import Policy
from bot.policy.situation import Situation
from tools.kit.types import Effect, Frozen


class PassedOver(Frozen):
    """A rule that came before, and the condition that did not match."""

    rule: str
    why: str


class Explanation(Frozen):
    """The gate's own verdict, and what stands behind it."""

    verdict: Verdict
    risk: Risk
    passed_over: tuple[PassedOver, ...]


def explain(policy: Policy, situation: Situation, approvers: tuple[str, ...]) -> Explanation:
    """Ask the gate, and say which rules it passed over before the one that matched.

    Where it came to no rule, because a target is unknown or it is no step at all, there are none.
    """
    facts = situation.facts
    passed: list[PassedOver] = []
    no_rule = bool(facts.radius.unknown) or facts.effect is Effect.READ
    for rule in () if no_rule else policy.rules:
        why = rule.mismatch(facts)
        if why is None:
            break
        passed.append(PassedOver(rule=rule.id, why=why))
    return Explanation(
        verdict=judge(policy, [facts], approvers, situation.moment),
        risk=risk(facts),
        passed_over=tuple(passed),
    )
