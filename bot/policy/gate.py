"""The one gate. Pure: everything it needs is an argument.

A step goes through these in order, and each can only make the verdict stricter: its structure,
targets that nobody knows, the first rule that matches, where it came from, the mode of autonomy,
the breaker, freeze windows. What is left to ask people is then one question for the whole plan.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bot.domain.values import Allow, Ask, Deny, Escalate, Risk, Verdict
from bot.policy.facts import Circumstances, Facts
from bot.policy.risk import highest, risk
from bot.policy.rules import Policy, Rule, seconds
from bot.policy.ruling import Ruling
from tools.kit.types import Effect


def judge(
    policy: Policy, steps: Sequence[Facts], approvers: tuple[str, ...], moment: Circumstances
) -> Verdict:
    """The strictest verdict among the steps of a plan; of equals, the first.

    `approvers` are those of the settings. A plan without steps is denied.
    """
    if not steps:
        return Deny(rule="default", reason="the plan has no steps")
    rulings = [ruling(policy, facts, moment) for facts in steps]
    strictest = max(rulings, key=lambda ruled: ruled.strictness)
    match strictest.kind:
        case "deny":
            return Deny(rule=strictest.rule, reason=strictest.reason)
        case "escalate":
            return Escalate(rule=strictest.rule, reason=strictest.reason)
        case "allow":
            return Allow(rule=strictest.rule, reason=strictest.reason)
    asking = [ruled for ruled in rulings if ruled.kind == "ask"]
    return _ask(asking, approvers, highest(*map(risk, steps)))


def ruling(policy: Policy, facts: Facts, moment: Circumstances) -> Ruling:
    """What one step comes to, before anybody is named who could be asked."""
    ruled = _structure(facts) or _unknown_target(facts) or _rule(policy, facts)
    if facts.effect is Effect.RECORD:
        return ruled  # The incident's own books: no mode, breaker or window is about them.
    for check in CHECKS:
        ruled = check(ruled, policy, facts, moment)
    return ruled


def _structure(facts: Facts) -> Ruling | None:
    if facts.effect is Effect.READ:
        reason = f"{facts.tool} only reads: it is no step of a plan"
    elif (facts.effect is Effect.RECORD) != (facts.purpose == "books"):
        reason = f"{facts.tool} ({facts.effect.value}) is no step of a plan for {facts.purpose}"
    else:
        return None
    return Ruling(kind="deny", rule="default", reason=reason)


def _unknown_target(facts: Facts) -> Ruling | None:
    if not facts.radius.unknown:
        return None
    names = ", ".join(repr(name) for name in facts.radius.unknown)
    reason = f"the inventory doesn't know {names}"
    return Ruling(kind="escalate", rule="unknown-target", reason=reason)


def _rule(policy: Policy, facts: Facts) -> Ruling:
    rule = policy.first(facts)
    if rule is None:
        return Ruling(kind="deny", rule="default", reason=f"no rule covers {facts.tool}")
    reason = rule.reason or f"rule {rule.id!r}"
    return Ruling(kind=rule.then, rule=rule.id, reason=reason, by=rule)


Check = Callable[[Ruling, Policy, Facts, Circumstances], Ruling]


def _provenance(ruled: Ruling, policy: Policy, facts: Facts, moment: Circumstances) -> Ruling:
    """Only what a committed runbook says, all of it, runs without a person."""
    if facts.playbook == "pinned":
        return ruled
    return ruled.at_least("ask", f"it is not what a committed runbook says ({facts.playbook})")


def _mode(ruled: Ruling, policy: Policy, facts: Facts, moment: Circumstances) -> Ruling:
    mode, service = policy.autonomy.strictest(facts.radius.services)
    match mode:
        case "manual":
            return ruled.at_least("escalate", f"{service} is in manual mode: a person acts there")
        case "assisted":
            return ruled.at_least("ask", f"{service} is in assisted mode: every change asks")
        case "semi-autonomous" if risk(facts) != "low":
            reason = f"{service} is in semi-autonomous mode, and the risk is {risk(facts)}"
            return ruled.at_least("ask", reason)
        case _:
            return ruled


def _breaker(ruled: Ruling, policy: Policy, facts: Facts, moment: Circumstances) -> Ruling:
    broken = sorted(moment.tripped & facts.radius.services)
    return ruled.at_least("ask", f"the breaker of {broken[0]} is open") if broken else ruled


def _freeze(ruled: Ruling, policy: Policy, facts: Facts, moment: Circumstances) -> Ruling:
    for freeze in policy.freezes:
        if freeze.holds(moment.now, facts.radius):
            ruled = ruled.naming(freeze.then, freeze.told)
    return ruled


CHECKS: tuple[Check, ...] = (_provenance, _mode, _breaker, _freeze)
"""What comes after the rule, in this order."""


def _ask(asking: Sequence[Ruling], approvers: tuple[str, ...], how_risky: Risk) -> Ask | Escalate:
    """One question for all steps: whoever may approve each of them, the most approvals that one
    of them needs, the shortest time."""
    first = asking[0]
    rules = [ruled.by for ruled in asking if ruled.by]
    named = [_named(rule, approvers) for rule in rules]
    for rule, who in zip(rules, named, strict=True):
        if not who:
            reason = "nobody may approve it: OPSBOT_APPROVERS names no one"
            return Escalate(rule=rule.id, reason=reason)
    may_all = tuple(who for who in named[0] if all(who in others for others in named))
    if not may_all:
        told = ", ".join(dict.fromkeys(rule.id for rule in rules))
        return Escalate(
            rule=first.rule, reason=f"nobody may approve all of its steps (rules {told})"
        )
    return Ask(
        rule=first.rule,
        reason=first.reason,
        approvals=max(rule.approvals for rule in rules),
        approvers=may_all,
        expires_seconds=min(seconds(rule.expires) for rule in rules),
        risk=how_risky,
    )


def _named(rule: Rule, approvers: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(
        name
        for entry in rule.approvers
        for name in (approvers if entry == "approvers" else (entry,))
    )
