"""What a runbook is: what it matches, checks, concludes, does and leaves open."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import Discriminator, Field, Tag, model_validator
from pydantic_core import PydanticCustomError

from bot.domain.values import Confidence, RunbookRef
from bot.knowledge.fields import Cel, Input, Name, Params, Regex, Seconds, Text
from tools.kit.types import Frozen


class Match(Frozen):
    """Which alerts it is for: one of the names, and every label. `text` is for the search alone."""

    alerts: tuple[str, ...] = ()
    labels: dict[str, str] = {}
    text: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _names_something(self) -> Self:
        if not (self.alerts or self.labels or self.text):
            raise PydanticCustomError("match", "it matches nothing: no alerts, labels or text")
        return self


class Pattern(Frozen):
    """A capture by regex: the group of the capture's own name, in the first text that has it."""

    regex: Regex
    source: Cel = Field(alias="from")
    """CEL that gives a text or a list of texts."""


def _kind(value: Any) -> str:
    return "cel" if isinstance(value, str) else "pattern"


Capture = Annotated[
    Annotated[Cel, Tag("cel")] | Annotated[Pattern, Tag("pattern")], Discriminator(_kind)
]


class Check(Frozen):
    """One look with a read tool, what it should show and what to keep of it."""

    id: Name
    title: str = Field(min_length=1)
    tool: str
    params: Params = {}
    needs: tuple[Name, ...] = ()
    """Captured names without which it is skipped; those its params name are implied."""
    capture: dict[Name, Capture] = {}
    expect: Cel
    """Over the evidence's values, inputs and captures: true means that the check found it."""
    finding: Text | None = None
    """One line for people when true; without it the evidence's own summary."""
    otherwise: Text | None = None

    @model_validator(mode="after")
    def _patterns_have_their_group(self) -> Self:
        for name, capture in self.capture.items():
            if isinstance(capture, Pattern) and name not in re.compile(capture.regex).groupindex:
                raise PydanticCustomError(
                    "group",
                    "the regex has no group {group}",
                    {"group": f"(?P<{name}>…)", "path": ("capture", name, "regex")},
                )
        return self

    @property
    def captures(self) -> dict[str, str]:
        """Name → CEL, the patterns among them as calls of `extract`."""
        return {name: _as_cel(name, capture) for name, capture in self.capture.items()}


def _as_cel(name: str, capture: str | Pattern) -> str:
    if isinstance(capture, str):
        return capture
    regex = json.dumps(capture.regex, ensure_ascii=False)
    return f"extract({capture.source}, {regex}, {json.dumps(name)})"


class Cause(Frozen):
    """A possible cause; the first whose `when` is true is the diagnosis."""

    id: Name
    cause: Text
    when: Cel
    """Over check ids (true, false, unknown), inputs and captures."""
    supported_by: tuple[Name, ...] = ()
    against: tuple[Name, ...] = ()
    confidence: Confidence = "medium"
    """A ceiling: what is known of the checks can only lower it."""
    not_known: tuple[Text, ...] = ()


class Guard(Frozen):
    """A reading that must hold, read afresh before each step."""

    id: Name
    reading: Name
    """The check that is read again."""
    expect: Cel
    label: Text
    show: Text


class For(Frozen):
    """Part of the answer to some causes only."""

    causes: tuple[Name, ...] = Field((), alias="for")
    """Ids of causes; none means the first."""


class RunbookStep(For):
    """One call of a write tool."""

    tool: str
    params: Params = {}
    why: Text | None = None


class FollowUpTemplate(For):
    """A ticket that stays open afterwards."""

    summary: Text
    description: Text | None = None
    owner_of: Text | None = None
    """A service or instance of the inventory; its owners are told."""
    project: str | None = None


class VerifyCheck(Check):
    """A check of the world after the fix, polled until it is true."""

    within: Seconds = 900.0


class Head(Frozen):
    """A runbook's front matter. Unknown fields are refused."""

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")
    title: str = Field(min_length=1, max_length=120)
    match: Match
    inputs: dict[Name, Input] = {}
    """Name → CEL over `alert` and the inputs before it; a value that is no text is a constant."""
    checks: tuple[Check, ...] = Field(min_length=1)
    causes: tuple[Cause, ...] = Field(min_length=1)
    guards: tuple[Guard, ...] = ()
    steps: tuple[RunbookStep, ...] = ()
    verify: tuple[VerifyCheck, ...] = ()
    resolution: Text | None = None
    follow_up: tuple[FollowUpTemplate, ...] = ()


class Runbook(Head):
    """A runbook with the file it stands in, so that an action can cite the text it follows."""

    body: str = ""
    path: Path
    digest: str
    """First 12 hex digits of the SHA-256 of the file."""
    commit: str | None = None
    """The git commit that has exactly this text; None where none is known to."""
    release: str | None = None
    """The release of opsbot it came with."""

    @property
    def ref(self) -> RunbookRef:
        """How the ledger names it."""
        pin = f"git:{self.commit}" if self.commit else None
        if pin is None and self.release:
            pin = f"release:{self.release}"
        return RunbookRef(id=self.id, title=self.title, pin=pin)

    def applies(self, part: For, cause_id: str) -> bool:
        """Whether a step or follow-up is for that cause."""
        return cause_id in (part.causes or (self.causes[0].id,))

    def check(self, check_id: str) -> Check | None:
        """The check of that id."""
        return next((check for check in self.checks if check.id == check_id), None)
