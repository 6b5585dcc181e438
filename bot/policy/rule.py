"""One line of policy: which steps it is for, and what is to happen with them."""

from __future__ import annotations

import re
from typing import Literal, Self

from pydantic import Field, model_validator

from bot.domain.values import CONFIDENCE_ORDER, RISK_ORDER, Confidence, Risk
from bot.policy.approvals import FROM_SETTINGS, Approvals, Approver
from bot.policy.facts import Facts, Playbook
from bot.policy.risk import risk
from bot.policy.selectors import Names, named
from tools.kit.types import Effect, Frozen


class RateLimit(Frozen):
    """At most `count` starts `per` that time, for each rule, tool and service."""

    count: int = Field(ge=1)
    per: str = Field(pattern=r"^[1-9]\d*[smhd]$")

    @property
    def seconds(self) -> float:
        return seconds(self.per)


class Rule(Frozen):
    """A condition left out matches everything."""

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    tools: Names | None = None
    """Exact names; a glob only where it is written as `glob:restart_*`."""
    effects: frozenset[Effect] | None = Field(None, min_length=1)
    services: Names | None = None
    environments: Names | None = None
    playbook: frozenset[Playbook] | None = Field(None, min_length=1)
    max_targets: int | None = None
    min_confidence: Confidence | None = None
    risk: frozenset[Risk] | None = Field(None, min_length=1)
    max_risk: Risk | None = None
    then: Literal["allow", "ask", "deny", "escalate"]
    reason: str = ""
    approvals: Approvals = 1
    approvers: tuple[Approver, ...] = Field((FROM_SETTINGS,), min_length=1)
    """Any of them may approve; not beside groups, which name their own."""
    expires: str = Field("15m", pattern=r"^[1-9]\d*[smhd]$")
    limit: RateLimit | None = None

    @model_validator(mode="after")
    def _asks_one_way(self) -> Self:
        if not isinstance(self.approvals, int) and "approvers" in self.model_fields_set:
            raise ValueError("groups in 'approvals' name their own people; leave 'approvers' out")
        return self

    @property
    def forbids(self) -> bool:
        return self.then in ("deny", "escalate")

    def matches(self, facts: Facts) -> bool:
        return self.mismatch(facts) is None

    def mismatch(self, facts: Facts) -> str | None:
        """The first condition that keeps it from this step, in words; None where it matches."""
        radius = facts.radius
        if self.tools is not None and not any(named(tool, facts.tool) for tool in self.tools):
            return f"tools: {facts.tool} is not {_either(self.tools)}"
        if self.effects is not None and facts.effect not in self.effects:
            return f"effects: {facts.effect} is not {_either(self.effects)}"
        if self.services is not None and not self._covers(self.services, radius.services):
            return f"services: {_all(radius.services)} is not {_either(self.services)}"
        if self.environments is not None and not self._covers(
            self.environments, radius.environments
        ):
            return f"environments: {_all(radius.environments)} is not {_either(self.environments)}"
        if self.playbook is not None and facts.playbook not in self.playbook:
            return f"playbook: {facts.playbook} is not {_either(self.playbook)}"
        if self.max_targets is not None and radius.count > self.max_targets:
            return f"max_targets: {radius.count} is more than {self.max_targets}"
        if self.min_confidence is not None and CONFIDENCE_ORDER.index(
            facts.confidence
        ) < CONFIDENCE_ORDER.index(self.min_confidence):
            return f"min_confidence: {facts.confidence} is less than {self.min_confidence}"
        return self._too_risky(risk(facts)) if self.risk or self.max_risk else None

    def _too_risky(self, found: Risk) -> str | None:
        if self.risk is not None and found not in self.risk:
            return f"risk: {found} is not {_either(self.risk)}"
        if self.max_risk and RISK_ORDER.index(found) > RISK_ORDER.index(self.max_risk):
            return f"max_risk: {found} is more than {self.max_risk}"
        return None

    def _covers(self, selected: tuple[str, ...], touched: frozenset[str]) -> bool:
        """A rule that lets through must cover all that is touched; one that forbids, any of it."""
        return not touched.isdisjoint(selected) if self.forbids else touched <= set(selected)


def seconds(text: str) -> float:
    """`15m` → 900.0. Raises ValueError."""
    match = re.fullmatch(r"(\d+)([smhd])", text)
    if not match:
        raise ValueError(f"{text!r} is not a duration such as 30s, 15m, 2h or 1d")
    return int(match[1]) * {"s": 1, "m": 60, "h": 3600, "d": 86400}[match[2]]


def _either(names: tuple[str, ...] | frozenset[str]) -> str:
    return " or ".join(sorted(names) if isinstance(names, frozenset) else names)


def _all(names: frozenset[str]) -> str:
    return " + ".join(sorted(names)) or "nothing"
