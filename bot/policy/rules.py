"""The policy file: ordered rules, the first that matches decides, none left denies."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import Field, ValidationError, field_validator

from bot.domain.values import CONFIDENCE_ORDER, Confidence
from bot.policy.facts import Facts, Playbook
from tools.kit.types import Effect, Frozen


class PolicyError(Exception):
    """The policy can't be read. opsbot doesn't start without one."""


class RateLimit(Frozen):
    """At most `count` starts `per` that time, for each rule, tool and service."""

    count: int = Field(ge=1)
    per: str = Field(pattern=r"^[1-9]\d*[smhd]$")

    @property
    def seconds(self) -> float:
        return seconds(self.per)


class Breaker(Frozen):
    """How many actions may fail on one service, in how long, before nothing runs there unasked."""

    failures: Annotated[int, Field(ge=1)] = 3
    per: Annotated[str, Field(pattern=r"^[1-9]\d*[smhd]$")] = "1h"

    @property
    def seconds(self) -> float:
        return seconds(self.per)


class Rule(Frozen):
    """One line of policy. A condition left out matches everything."""

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    tools: tuple[str, ...] | None = None
    """Exact names; a glob only where it is written as `glob:restart_*`."""
    effects: frozenset[Effect] | None = Field(None, min_length=1)
    services: tuple[str, ...] | None = None
    environments: tuple[str, ...] | None = None
    playbook: frozenset[Playbook] | None = Field(None, min_length=1)
    max_targets: int | None = None
    min_confidence: Confidence | None = None
    then: Literal["allow", "ask", "deny", "escalate"]
    reason: str = ""
    approvals: int = Field(1, ge=1)
    approvers: tuple[str, ...] = Field(("approvers",), min_length=1)
    """User ids, group handles, or `approvers`: those of the settings."""
    expires: str = Field("15m", pattern=r"^[1-9]\d*[smhd]$")
    limit: RateLimit | None = None

    @field_validator("tools", "services", "environments")
    @classmethod
    def _not_empty(cls, value: tuple[str, ...] | None) -> tuple[str, ...] | None:
        if value is not None and (not value or "" in value or "*" in value):
            raise ValueError("an empty or a bare '*' selector means nothing; leave the line out")
        return value

    def matches(self, facts: Facts) -> bool:
        radius = facts.radius
        return (
            (self.tools is None or any(_named(t, facts.tool) for t in self.tools))
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
        )

    def _covers(self, selected: tuple[str, ...] | None, touched: frozenset[str]) -> bool:
        """A rule that lets through must cover all that is touched; one that forbids, any of it."""
        if selected is None:
            return True
        if self.then in ("deny", "escalate"):
            return not touched.isdisjoint(selected)
        return touched <= set(selected)


class Policy(Frozen):
    """Ordered rules, and when the breaker of a service trips."""

    version: Literal[1]
    breaker: Breaker = Breaker()
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


def _named(pattern: str, tool: str) -> bool:
    if pattern.startswith("glob:"):
        return fnmatchcase(tool, pattern.removeprefix("glob:"))
    return pattern == tool
