"""Reasons over a runbook: from the alert and what its checks found to a cause and an answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from bot.domain.values import Alert, Confidence, Reading, cap
from bot.knowledge.borrowed import borrowed, own_names
from bot.knowledge.progress import CheckResult, Progress, RenderedCheck, progress
from bot.knowledge.runbook import Cause, Check, Runbook
from bot.policy.conditions import Condition, Truth
from bot.policy.template import MissingValue, names_in, render, render_text
from tools.kit.types import Frozen


class FoundCause(Frozen):
    """A cause whose condition is true, and what it rests on."""

    id: str
    cause: str
    confidence: Confidence
    """A ceiling: lower where a check is unknown or contradicts, or an earlier cause is open."""
    supported_by: tuple[str, ...]
    """Names of the evidence of those supporting checks that are true."""
    against: tuple[str, ...]
    not_known: tuple[str, ...]


class OtherCause(Frozen):
    """A cause that is not the diagnosis: ruled out, or open and why."""

    id: str
    cause: str
    why: str


class RenderedStep(Frozen):
    """A call that the runbook asks for."""

    tool: str
    params: dict[str, Any]
    why: str
    cites: str
    """`etl-source-timeout#1`, counted over all steps that the runbook has."""
    borrowed: tuple[Any, ...] = ()
    """Values among its parameters that came out of the alert or a tool, not of the runbook."""


class RenderedFollowUp(Frozen):
    """A ticket to open, its owner still a name of the inventory."""

    summary: str
    description: str
    owner_of: str | None
    project: str | None


@dataclass(frozen=True)
class Reasoning:
    """A runbook at work on one alert; immutable, each result gives the next one.

    Everything is a function of runbook, alert and results, so that a process which starts anew
    from the saved results comes to the same answer.
    """

    runbook: Runbook
    alert: Mapping[str, Any]
    results: Mapping[str, CheckResult] = field(default_factory=dict)

    @classmethod
    def start(cls, runbook: Runbook, alert: Alert) -> Reasoning:
        """Before anything is read."""
        return cls(runbook, alert.model_dump(mode="json"))

    def read(self, *results: CheckResult) -> Reasoning:
        """With these results too. A check that is read again takes its newer result."""
        merged = {**self.results, **{result.check_id: result for result in results}}
        return replace(self, results=merged)

    @cached_property
    def _state(self) -> Progress:
        return progress(self.runbook, self.alert, self.results)

    @property
    def values(self) -> dict[str, Any]:
        """`alert`, inputs, captures and the checks that are true or false."""
        return dict(self._state.known)

    def next_checks(self) -> tuple[RenderedCheck, ...]:
        """Everything that can be read now, and side by side; empty when all is done."""
        return tuple(self._state.ready.values())

    def skipped(self) -> Mapping[str, str]:
        """Check id → why it can't be read any more."""
        return dict(self._state.skipped)

    def truth(self, check_id: str) -> Truth:
        """Whether the check found it; unknown while it was not read."""
        judgement = self._state.judgements.get(check_id)
        return judgement.truth if judgement else Truth.UNKNOWN

    def finding(self, check_id: str) -> str:
        """One line for people. Raises KeyError for a check the runbook does not have."""
        check = self.runbook.check(check_id)
        if check is None:
            raise KeyError(check_id)
        judgement = self._state.judgements.get(check_id)
        if judgement is None:
            reason = self._state.skipped.get(check_id)
            return f"{check.title}: not checked, {reason}" if reason else f"{check.title}: not yet"
        evidence = self.results[check_id].evidence
        match judgement.truth:
            case Truth.TRUE:
                words = check.finding
            case Truth.FALSE:
                words = check.otherwise
            case _:
                return f"{check.title}: unknown, {judgement.why}"
        return (
            render_text(words, judgement.scope) if words else f"{check.title}: {evidence.summary}"
        )

    def cause(self) -> FoundCause | None:
        """The diagnosis: the first cause that is true."""
        earlier_open = False
        for cause in self.runbook.causes:
            truth, _ = self._when(cause)
            if truth is Truth.TRUE:
                return self._found(cause, earlier_open)
            earlier_open = earlier_open or truth is Truth.UNKNOWN
        return None

    def ruled_out(self) -> tuple[OtherCause, ...]:
        """Causes whose condition is false, with the checks that say so."""
        return self._others(Truth.FALSE)

    def open_causes(self) -> tuple[OtherCause, ...]:
        """Causes of which nothing can be said, and why."""
        return self._others(Truth.UNKNOWN)

    def steps(self) -> tuple[RenderedStep, ...]:
        """The diagnosis' steps in order. Raises MissingValue: then there is no plan, not half."""
        cause = self.cause()
        own = own_names(self.runbook)
        return tuple(
            RenderedStep(
                tool=step.tool,
                params=self._strict(step.params, f"step {number} ({step.tool})"),
                why=render_text(step.why, self.values) if step.why else "",
                cites=f"{self.runbook.id}#{number}",
                borrowed=tuple(borrowed(step.params, self.values, own)),
            )
            for number, step in enumerate(self.runbook.steps, 1)
            if cause and self.runbook.applies(step, cause.id)
        )

    def guards(self) -> tuple[Reading, ...]:
        """What must hold before each step. Raises MissingValue: an unread guard guards nothing."""
        return tuple(
            self._reading(check, guard.label, guard.expect, guard.show)
            for guard in self.runbook.guards
            if (check := self.runbook.check(guard.reading)) is not None
        )

    def verify_checks(self) -> tuple[Reading, ...]:
        """What must hold of the world after the steps. Raises MissingValue."""
        return tuple(
            self._reading(check, check.title, check.expect, check.finding or "")
            for check in self.runbook.verify
        )

    def verify_within(self) -> float:
        """Seconds after which the fix counts as failed: what the slowest check is given."""
        return max((check.within for check in self.runbook.verify), default=900.0)

    def resolution(self) -> str:
        """What the fix amounts to, in the words of a closed ticket; empty without steps."""
        has_steps = bool(self.runbook.resolution and self.steps())
        return render_text(self.runbook.resolution or "", self.values) if has_steps else ""

    def follow_ups(self) -> tuple[RenderedFollowUp, ...]:
        """The tickets that the diagnosis leaves open."""
        cause, values = self.cause(), self.values
        return tuple(
            RenderedFollowUp(
                summary=render_text(each.summary, values),
                description=render_text(each.description, values) if each.description else "",
                owner_of=self._optional(each.owner_of),
                project=each.project,
            )
            for each in self.runbook.follow_up
            if cause and self.runbook.applies(each, cause.id)
        )

    def _when(self, cause: Cause) -> tuple[Truth, str]:
        return Condition.parse(cause.when).explain(self._state.known)

    def _found(self, cause: Cause, earlier_open: bool) -> FoundCause:
        truths = {each: self.truth(each) for each in (*cause.supported_by, *cause.against)}
        against = tuple(each for each in cause.against if truths[each] is Truth.TRUE)
        ceiling = cause.confidence
        if earlier_open or Truth.UNKNOWN in truths.values():
            ceiling = cap(ceiling, "medium")
        if against:
            ceiling = cap(ceiling, "low")
        return FoundCause(
            id=cause.id,
            cause=render_text(cause.cause, self.values),
            confidence=ceiling,
            supported_by=self._names(e for e in cause.supported_by if truths[e] is Truth.TRUE),
            against=self._names(against),
            not_known=tuple(render_text(each, self.values) for each in cause.not_known),
        )

    def _names(self, check_ids: Iterable[str]) -> tuple[str, ...]:
        return tuple(self.results[each].name for each in check_ids)

    def _others(self, asked: Truth) -> tuple[OtherCause, ...]:
        others: list[OtherCause] = []
        for cause in self.runbook.causes:
            truth, why = self._when(cause)
            if truth is asked:
                decisive = [
                    each
                    for each in self._checks_of(cause)
                    if (self.truth(each) is Truth.UNKNOWN) == (asked is Truth.UNKNOWN)
                ]
                because = "; ".join(self.finding(each) for each in decisive)
                others.append(OtherCause(id=cause.id, cause=self._named(cause), why=because or why))
        return tuple(others)

    def _checks_of(self, cause: Cause) -> list[str]:
        names = Condition.parse(cause.when).names
        return [check.id for check in self.runbook.checks if check.id in names]

    def _named(self, cause: Cause) -> str:
        """The cause's words, or its id where values are missing that the words would name."""
        try:
            return str(render(cause.cause, self.values))
        except MissingValue:
            return cause.id.replace("_", " ")

    def _reading(self, check: Check, title: str, expect: str, show: str) -> Reading:
        captures = check.captures
        asked = Condition.parse(expect).names | names_in(show)
        asked |= frozenset().union(*(Condition.parse(text).names for text in captures.values()))
        values = self.values
        return Reading(
            title=render_text(title, values),
            tool=check.tool,
            params=self._strict(check.params, f"reading {check.id}"),
            captures=captures,
            expect=expect,
            known={
                name: values[name] for name in sorted(asked - captures.keys()) if name in values
            },
            show=show,
            shown=render_text(show, values) if show else "",
        )

    def _strict(self, params: Mapping[str, Any], what: str) -> dict[str, Any]:
        try:
            rendered: dict[str, Any] = render(params, self.values)
        except MissingValue as error:
            raise MissingValue(f"{what} of {self.runbook.id}: {error}") from error
        return rendered

    def _optional(self, template: str | None) -> str | None:
        try:
            return str(render(template, self.values)) if template else None
        except MissingValue:
            return None
