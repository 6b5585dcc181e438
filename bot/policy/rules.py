"""The policy file: ordered rules, the first that matches decides, none left denies."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Literal, Self

import yaml
from pydantic import Field, ValidationError, model_validator

from bot.domain.values import CONFIDENCE_ORDER, RISK_ORDER, Confidence, Risk
from bot.policy.approvals import FROM_SETTINGS, Approvals, Approver, Count
from bot.policy.autonomy import Autonomy
from bot.policy.facts import Facts, Playbook
from bot.policy.freeze import Freeze
from bot.policy.risk import risk
from bot.policy.selectors import Names, named
from bot.policy.thresholds import EscalateWhen
from tools.kit.types import Effect, Frozen


class PolicyError(Exception):
    """The policy can't be read. opsbot doesn't start without one."""


class RateLimit(Frozen):
    """At most `count` starts `per` that time, for each service and rule."""

    count: int = Field(ge=1)
    per: str = Field(pattern=r"^[1-9]\d*[smhd]$")

    @property
    def seconds(self) -> float:
        return seconds(self.per)


class Rule(Frozen):
    """One line of policy. A condition left out matches everything."""

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

    def matches(self, facts: Facts) -> bool:
        radius = facts.radius
        return (
            (self.tools is None or any(named(t, facts.tool) for t in self.tools))
            and (self.effects is None or facts.effect in self.effects)
            and self._covers(self.services, radius.services)
            and self._covers(self.environments, radius.environments)
            and (self.playbook is None or facts.playbook in self.playbook)
            and (self.max_targets is None or radius.count <= self.max_targets)
            and (
                self.min_confidence is None
                or CONFIDENCE_ORDER.index(facts.confidence)
                >= CONFIDENCE_ORDER.index(self.min_confidence)
            )
            and (self.risk is None or risk(facts) in self.risk)
            and (
                self.max_risk is None
                or RISK_ORDER.index(risk(facts)) <= RISK_ORDER.index(self.max_risk)
            )
        )

    def _covers(self, selected: tuple[str, ...] | None, touched: frozenset[str]) -> bool:
        """A rule that lets through must cover all that is touched; one that forbids, any of it."""
        if selected is None:
            return True
        if self.then in ("deny", "escalate"):
            return not touched.isdisjoint(selected)
        return touched <= set(selected)


class Policy(Frozen):
    """Ordered rules, and what holds whatever the rules say."""

    version: Literal[1]
    autonomy: Autonomy = Autonomy()
    freezes: tuple[Freeze, ...] = ()
    escalate_when: EscalateWhen = EscalateWhen()
    high_risk_approvals: Count = 2
    """People that a plan of high risk needs at least; a rule may ask for more."""
    rules: tuple[Rule, ...]

    @classmethod
    def read(cls, path: Path) -> Policy:
        """Raises PolicyError naming the file, the field and what is wrong with it."""
        try:
            raw: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
            policy = cls.model_validate(raw)
        except (OSError, UnicodeDecodeError) as error:
            raise PolicyError(f"policy {str(path)!r} can't be read: {error}") from error
        except yaml.YAMLError as error:
            raise PolicyError(f"policy {str(path)!r} is not YAML: {error}") from error
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"]) or "the file"
            raise PolicyError(f"policy {str(path)!r}: {where}: {first['msg']}") from error
        ids = [rule.id for rule in policy.rules]
        twice = {i for i in ids if ids.count(i) > 1}
        if twice:
            raise PolicyError(f"policy {str(path)!r}: rule id {min(twice)!r} is used twice")
        return policy

    def asking_always(self) -> Policy:
        """The same rules, but where one allows a change to a running system, people are asked."""
        return self.model_copy(
            update={
                "rules": tuple(
                    rule.model_copy(update={"then": "ask"})
                    if rule.then == "allow" and rule.effects != frozenset({Effect.RECORD})
                    else rule
                    for rule in self.rules
                )
            }
        )

    def first(self, facts: Facts) -> Rule | None:
        """The rule that decides on a step; None where none is left."""
        return next((rule for rule in self.rules if rule.matches(facts)), None)


def seconds(text: str) -> float:
    """`15m` → 900.0. Raises ValueError."""
    match = re.fullmatch(r"(\d+)([smhd])", text)
    if not match:
        raise ValueError(f"{text!r} is not a duration such as 30s, 15m, 2h or 1d")
    return int(match[1]) * {"s": 1, "m": 60, "h": 3600, "d": 86400}[match[2]]
