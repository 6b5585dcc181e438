"""The policy file: ordered rules, the first that matches decides, none left denies."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import Field, ValidationError

from bot.policy.approvals import Count, Group
from bot.policy.autonomy import Autonomy
from bot.policy.facts import Facts
from bot.policy.freeze import Freeze
from bot.policy.mistakes import Models, mistakes
from bot.policy.rule import RateLimit, Rule, seconds
from bot.policy.thresholds import EscalateWhen
from tools.kit.types import Effect, Frozen

__all__ = ["Policy", "PolicyError", "RateLimit", "Rule", "seconds"]


class PolicyError(Exception):
    """The policy can't be read. opsbot doesn't start without one."""


class Breaker(Frozen):
    """How many actions may fail on one service, in how long, before nothing runs there unasked."""

    failures: Annotated[int, Field(ge=1)] = 3
    per: Annotated[str, Field(pattern=r"^[1-9]\d*[smhd]$")] = "1h"

    @property
    def seconds(self) -> float:
        return seconds(self.per)


class Policy(Frozen):
    """Ordered rules, and what holds whatever the rules say."""

    version: Literal[1]
    breaker: Breaker = Breaker()
    autonomy: Autonomy = Autonomy()
    freezes: tuple[Freeze, ...] = ()
    escalate_when: EscalateWhen = EscalateWhen()
    high_risk_approvals: Count = 2
    """People that a plan of high risk needs at least; a rule may ask for more."""
    rules: tuple[Rule, ...]
    revision: str = ""
    """Which text this is, for the audit: the first 8 digits of its file's SHA-256."""

    @classmethod
    def read(cls, path: Path) -> Policy:
        """Raises PolicyError naming the file, and each field with what is wrong with it."""
        try:
            text = path.read_bytes()
            raw: Any = yaml.safe_load(text.decode("utf-8"))
            policy = cls.model_validate(raw)
        except (OSError, UnicodeDecodeError) as error:
            raise PolicyError(f"policy {str(path)!r} can't be read: {error}") from error
        except yaml.YAMLError as error:
            raise PolicyError(f"policy {str(path)!r} is not YAML: {error}") from error
        except ValidationError as error:
            found = "\n".join(f"policy {str(path)!r}: {one}" for one in mistakes(error, _MODELS))
            raise PolicyError(found) from error
        for named in (policy.rules, policy.freezes):
            ids = [each.id for each in named]
            twice = sorted({i for i in ids if ids.count(i) > 1})
            if twice:
                what = "rule" if named is policy.rules else "freeze"
                told = f"{what} id {twice[0]!r} is used twice; rename one of them"
                raise PolicyError(f"policy {str(path)!r}: {told}")
        return policy.model_copy(update={"revision": hashlib.sha256(text).hexdigest()[:8]})

    def asking_always(self) -> Policy:
        """The same rules, but where one allows a change to a running system, people are asked."""
        return self.model_copy(
            update={
                "revision": f"{self.revision}+asks",
                "rules": tuple(
                    rule.model_copy(update={"then": "ask"})
                    if rule.then == "allow" and rule.effects != frozenset({Effect.RECORD})
                    else rule
                    for rule in self.rules
                ),
            }
        )

    def first(self, facts: Facts) -> Rule | None:
        """The rule that decides on a step; None where none is left."""
        return next((rule for rule in self.rules if rule.matches(facts)), None)


_MODELS: Models = {
    (): Policy,
    ("autonomy",): Autonomy,
    ("freezes",): Freeze,
    ("escalate_when",): EscalateWhen,
    ("rules",): Rule,
    ("rules", "limit"): RateLimit,
    ("rules", "approvals"): Group,
}
