"""The one gate. Pure: everything it needs is an argument."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.values import Allow, Ask, Deny, Escalate, Verdict
from bot.policy.facts import Circumstances, Facts
from bot.policy.rules import Policy, Rule, seconds
from tools.kit.types import Effect


def judge(
    policy: Policy, steps: Sequence[Facts], approvers: tuple[str, ...], moment: Circumstances
) -> Verdict:
    """The strictest verdict among the steps of a plan; of equals, the first.

    `approvers` are those of the settings. A plan without steps is denied.
    """
    if not steps:
        return Deny(rule="default", reason="the plan has no steps")
    verdicts = [_step(policy, facts, approvers, moment) for facts in steps]
    strictest = max(verdicts, key=lambda verdict: _STRICTNESS[verdict.kind])
    if not isinstance(strictest, Ask):
        return strictest
    asks = [v for v in verdicts if isinstance(v, Ask)]
    may_all = tuple(who for who in strictest.approvers if all(who in ask.approvers for ask in asks))
    if not may_all:
        rules = ", ".join(dict.fromkeys(ask.rule for ask in asks))
        return Escalate(
            rule=strictest.rule, reason=f"nobody may approve all of its steps (rules {rules})"
        )
    return strictest.model_copy(
        update={
            "approvers": may_all,
            "approvals": max(ask.approvals for ask in asks),
            "expires_seconds": min(ask.expires_seconds for ask in asks),
        }
    )


_STRICTNESS = {"allow": 0, "ask": 1, "escalate": 2, "deny": 3}


def _step(
    policy: Policy, facts: Facts, approvers: tuple[str, ...], moment: Circumstances
) -> Verdict:
    if facts.effect is Effect.READ:
        return Deny(rule="default", reason=f"{facts.tool} only reads: it is no step of a plan")
    if (facts.effect is Effect.RECORD) != (facts.purpose == "books"):
        reason = f"{facts.tool} ({facts.effect.value}) is no step of a plan for {facts.purpose}"
        return Deny(rule="default", reason=reason)
    if facts.radius.unknown:
        names = ", ".join(repr(name) for name in facts.radius.unknown)
        return Escalate(rule="unknown-target", reason=f"the inventory doesn't know {names}")
    rule = policy.first(facts)
    if rule is None:
        return Deny(rule="default", reason=f"no rule covers {facts.tool}")
    verdict = _verdict(rule, facts, approvers)
    broken = sorted(moment.tripped & facts.radius.services)
    if isinstance(verdict, Allow) and broken:
        return _ask(rule, approvers, f"the breaker of {broken[0]} is open")
    return verdict


def _verdict(rule: Rule, facts: Facts, approvers: tuple[str, ...]) -> Verdict:
    reason = rule.reason or f"rule {rule.id!r}"
    match rule.then:
        case "allow" if facts.effect is Effect.RECORD or (
            facts.playbook == "pinned" and not facts.by_person
        ):
            return Allow(rule=rule.id, reason=reason)
        case "allow" | "ask":
            return _ask(rule, approvers, reason)
        case "deny":
            return Deny(rule=rule.id, reason=reason)
        case "escalate":
            return Escalate(rule=rule.id, reason=reason)


def _ask(rule: Rule, approvers: tuple[str, ...], reason: str) -> Ask | Escalate:
    who = tuple(
        name
        for entry in rule.approvers
        for name in (approvers if entry == "approvers" else (entry,))
    )
    if not who:
        return Escalate(rule=rule.id, reason="nobody may approve it: OPSBOT_APPROVERS names no one")
    return Ask(
        rule=rule.id,
        reason=reason,
        approvals=rule.approvals,
        approvers=who,
        expires_seconds=seconds(rule.expires),
    )
