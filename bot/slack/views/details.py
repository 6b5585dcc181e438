"""The window with everything behind an approval: calls, dry runs, guards, rule, links."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from bot.domain import events as e
from bot.domain.incident import Incident
from bot.domain.plan_state import PlanState
from bot.domain.values import Plan, Reading, Step
from bot.slack.views.links import shows, source
from bot.slack.views.modals import lines_of, modal
from bot.slack.views.text import Block, clock, fitted, said, section

_MOST_STEPS = 40
_MOST_READINGS = 20
_MOST_LINKS = 20


def details_view(incident: Incident, state: PlanState, work: Sequence[e.WorkEvent]) -> Block:
    """At most 50 sections; what a step is beyond 2,900 characters is counted and left out."""
    plan = state.plan
    steps = [lines_of(_step(number, step, plan)) for number, step in enumerate(plan.steps, start=1)]
    blocks = [section(_head(incident, state)), *steps[:_MOST_STEPS]]
    if len(steps) > _MOST_STEPS:
        blocks.append(section(f"… of {len(steps)} steps in all"))
    if plan.guards:
        blocks.append(lines_of(_readings("Read again before each step:", plan.guards)))
    if plan.verify:
        minutes = f"{plan.verify_within / 60:.0f}"
        heading = f"Has to hold afterwards, within {minutes} min:"
        blocks.append(lines_of(_readings(heading, plan.verify)))
    blocks.append(lines_of(_why(state)))
    links = _links(work)
    if links:
        blocks.append(section(fitted(["*Where to look:*", *links], 2500)))
    return {**modal(f"Plan {state.digest[:4]}", "Close"), "blocks": blocks}


def _head(incident: Incident, state: PlanState) -> str:
    expires = f" · expires {clock(state.expires_at)}" if state.expires_at else ""
    return f"*{incident.id}, plan {state.digest[:4]}* · dry run {clock(state.proposed_at)}{expires}"


def _step(number: int, step: Step, plan: Plan) -> Iterator[str]:
    back = "can be undone" if step.reversible else "no automatic undo"
    yield f"{number}. {step.tool} (version {step.version}): {step.effect.value}, {back}"
    yield f"with {json.dumps(step.params, ensure_ascii=False, default=str)}"
    yield f"Dry run: {step.dry_run.summary}"
    for change in step.dry_run.changes:
        where = f"{change.target}.{change.field}"
        yield f"- {where}: {_value(plan.before(number - 1, change))}"
        yield f"+ {where}: {_value(change.after)}"
    targets = ", ".join(f"{target.kind} {target.name}" for target in step.dry_run.targets)
    yield f"Touches {targets or 'nothing that is named'}"
    yield from (f"Affects {words}" for words in step.dry_run.affects)
    yield from (f"⚠ {warning}" for warning in step.dry_run.warnings)
    if step.cites:
        yield f"As {step.cites} says"
    if step.tainted:
        yield "A value of it came out of an alert, a tool or a model"


def _readings(heading: str, readings: Sequence[Reading]) -> Iterator[str]:
    yield heading
    for reading in readings[:_MOST_READINGS]:
        shown = f" {reading.shown}" if reading.shown else ""
        yield f"• {reading.title}{shown}: {reading.expect}"
    if len(readings) > _MOST_READINGS:
        yield f"… of {len(readings)} in all"


def _why(state: PlanState) -> Iterator[str]:
    verdict, runbook = state.verdict, state.plan.runbook
    version = f", policy {verdict.policy}" if verdict.policy else ""
    yield f"Rule {verdict.rule}{version}: {verdict.kind}"
    if verdict.reason:
        yield verdict.reason
    if verdict.kind == "ask":
        yield f"Risk: {verdict.risk or 'was not computed then'}"
    if runbook:
        yield f"Runbook: {runbook.title} ({runbook.pin or 'not committed'})"
    yield f"Asked for by {state.plan.requester}"
    yield f"Digest {state.digest}"


def _links(work: Sequence[e.WorkEvent]) -> list[str]:
    found = [w for w in work if isinstance(w, e.EvidenceRecorded)]
    shown = [w for w in found if w.evidence.url and shows(w.evidence.url)]
    return [f"• {source(said(w.title, 80), w.evidence.url)}" for w in shown[:_MOST_LINKS]]


def _value(value: object) -> str:
    return "–" if value is None else str(value)
