"""A table of cases: what a policy is expected to say, for a test to hold it to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import Field, ValidationError

from bot.domain.values import Risk, Verdict
from bot.policy.explain import explain
from bot.policy.mistakes import Models, mistakes
from bot.policy.rules import Policy
from bot.policy.situation import Situation
from tools.kit.types import Frozen

_APPROVERS = ("approvers",)
"""Stands for those of the settings, which a table says nothing of."""


class CasesError(Exception):
    """The table can't be read."""


class Expected(Frozen):
    """What is left out is not looked at."""

    verdict: Literal["allow", "ask", "deny", "escalate"]
    rule: str | None = None
    approvals: int | None = None
    approvers: tuple[str, ...] | None = None
    risk: Risk | None = None
    reason: str = ""
    """Words that the reason has to hold."""


class Case(Frozen):
    name: str = Field(min_length=1)
    facts: Situation
    expect: Expected


class Failure(Frozen):
    """A case that policy judges otherwise."""

    name: str
    expected: str
    got: str


class Table(Frozen):
    cases: tuple[Case, ...] = Field(min_length=1)

    @classmethod
    def read(cls, path: Path) -> Table:
        """Raises CasesError naming the file and each field that is wrong."""
        try:
            raw: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
            return cls.model_validate(raw)
        except (OSError, UnicodeDecodeError) as error:
            raise CasesError(f"cases {str(path)!r} can't be read: {error}") from error
        except yaml.YAMLError as error:
            raise CasesError(f"cases {str(path)!r} is not YAML: {error}") from error
        except ValidationError as error:
            found = "\n".join(f"cases {str(path)!r}: {one}" for one in mistakes(error, _MODELS))
            raise CasesError(found) from error

    def failures(self, policy: Policy) -> Iterator[Failure]:
        """The cases that come out otherwise than expected."""
        for case in self.cases:
            found = explain(policy, case.facts, _APPROVERS)
            wanted = case.expect.model_dump(exclude_none=True, exclude={"reason"})
            got = {name: _seen(name, found.verdict, found.risk) for name in wanted}
            reason = found.verdict.reason
            if got == wanted and case.expect.reason in reason:
                continue
            words = f", because {case.expect.reason!r}" if case.expect.reason else ""
            yield Failure(
                name=case.name, expected=_told(wanted) + words, got=f"{_told(got)} ({reason})"
            )


def _seen(name: str, verdict: Verdict, risk: Risk) -> Any:
    if name == "verdict":
        return verdict.kind
    return risk if name == "risk" else getattr(verdict, name, None)


def _told(values: dict[str, Any]) -> str:
    """`ask, rule change, approvals 2`."""
    named = [f"{name} {_plain(value)}" for name, value in values.items() if name != "verdict"]
    return ", ".join([values["verdict"], *named])


def _plain(value: Any) -> str:
    return " or ".join(value) if isinstance(value, tuple) else str(value).lower()


_MODELS: Models = {
    (): Table,
    ("cases",): Case,
    ("cases", "facts"): Situation,
    ("cases", "expect"): Expected,
}
