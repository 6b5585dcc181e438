"""The one gate. Pure: everything it needs is an argument.

A step goes through these in order, and each can only make the verdict stricter: its structure,
targets that nobody knows, the first rule that matches, where it came from, the mode of autonomy,
the breaker, freeze windows, escalation thresholds. What is left to ask people is then one question
for the whole plan.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bot.domain.values import Allow, ApprovalGroup, Ask, Deny, Escalate, Risk, Verdict
from bot.policy.approvals import groups_of, together
from bot.policy.facts import Circumstances, Facts
from bot.policy.risk import highest, risk
from bot.policy.rule import Rule, seconds
from bot.policy.rules import Policy
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
            needed = together(_asked(_rules(rulings), approvers))
            return Allow(rule=strictest.rule, reason=strictest.reason, may_undo=_everybody(needed))
    asking = [ruled for ruled in rulings if ruled.kind == "ask"]
    return _ask(policy, asking, approvers, highest(*map(risk, steps)))


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
    if facts.by_person:
        ruled = ruled.at_least("ask", "a person prompted or edited it")
    if facts.playbook != "pinned":
        ruled = ruled.at_least("ask", _NOT_ITS_RUNBOOK[facts.playbook])
    if facts.tainted:
        ruled = ruled.at_least("ask", f"a value of {facts.tool} came out of an alert or a tool")
    return ruled


_NOT_ITS_RUNBOOK = {
    "partial": "some of its runbook's steps are left out",
    "unpinned": "nobody committed its runbook",
    "none": "it is in no runbook",
}


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


def _intervened(ruled: Ruling, policy: Policy, facts: Facts, moment: Circumstances) -> Ruling:
    """Where a person has put a hand in, the next plan is put before one."""
    return ruled.at_least("ask", moment.intervened) if moment.intervened else ruled


def _breaker(ruled: Ruling, policy: Policy, facts: Facts, moment: Circumstances) -> Ruling:
    broken = sorted(moment.tripped & facts.radius.services)
    return ruled.at_least("ask", f"the breaker of {broken[0]} is open") if broken else ruled


def _freeze(ruled: Ruling, policy: Policy, facts: Facts, moment: Circumstances) -> Ruling:
    for freeze in policy.freezes:
        if freeze.holds(moment.now, facts.radius):
            ruled = ruled.naming(freeze.then, freeze.told)
    return ruled


def _thresholds(ruled: Ruling, policy: Policy, facts: Facts, moment: Circumstances) -> Ruling:
    for reason in policy.escalate_when.reached(facts, moment):
        ruled = ruled.naming("escalate", reason)
    return ruled


CHECKS: tuple[Check, ...] = (_provenance, _mode, _intervened, _breaker, _freeze, _thresholds)
"""What comes after the rule, in this order."""


def _ask(
    policy: Policy, asking: Sequence[Ruling], approvers: tuple[str, ...], how_risky: Risk
) -> Ask | Escalate:
    """One question for all steps: what each of their rules asks for, in the shortest time."""
    rules = _rules(asking)
    asked = _asked(rules, approvers)
    for rule, groups in zip(rules, asked, strict=True):
        if not all(group.approvers for group in groups):
            reason = "nobody may approve it: OPSBOT_APPROVERS names no one"
            return Escalate(rule=rule.id, reason=reason)
    needed = together(asked)
    if not needed:
        told = ", ".join(dict.fromkeys(rule.id for rule in rules))
        return Escalate(
            rule=asking[0].rule, reason=f"nobody may approve all of its steps (rules {told})"
        )
    people = sum(group.count for group in needed)
    if how_risky == "high":
        people = max(people, policy.high_risk_approvals)
    return Ask(
        rule=asking[0].rule,
        reason=asking[0].reason,
        approvals=people,
        approvers=_everybody(needed),
        groups=needed if len(needed) > 1 else (),
        expires_seconds=min(seconds(rule.expires) for rule in rules),
        risk=how_risky,
    )


def _rules(rulings: Sequence[Ruling]) -> list[Rule]:
    return [ruled.by for ruled in rulings if ruled.by]


def _asked(rules: Sequence[Rule], approvers: tuple[str, ...]) -> list[tuple[ApprovalGroup, ...]]:
    return [groups_of(rule.approvals, rule.approvers, approvers) for rule in rules]


def _everybody(groups: Sequence[ApprovalGroup]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(who for group in groups for who in group.approvers))
