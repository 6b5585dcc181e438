"""`opsbot policy [explain | test FILE | lint]`."""

from __future__ import annotations

import argparse
from datetime import datetime
from pathlib import Path
from typing import Any, get_args

from pydantic import ValidationError

from bot import files, settings, wiring
from bot.cli.refusals import start_up
from bot.cli.say import err, fail, out
from bot.domain.values import Ask, Confidence, Severity
from bot.policy.approvals import FROM_SETTINGS
from bot.policy.autonomy import Mode
from bot.policy.cases import Table
from bot.policy.explain import explain
from bot.policy.facts import Playbook
from bot.policy.inventory import Inventory
from bot.policy.lint import lint
from bot.policy.mistakes import mistakes
from bot.policy.rules import Policy
from bot.policy.situation import Situation
from bot.policy.steps import Kind
from bot.settings import Settings
from bot.slack.views.approvers import who_and_how_many
from tools.kit.types import Effect

_EXPLAINS = "the verdict on one step, the rule, why, and the rules it passed over"
_SAID = ("confidence", "playbook", "targets", "tier", "severity", "minutes_open", "failed_fixes")
"""Options that are a situation's fields by the same name."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="explain | test | lint", required=True)
    explaining = actions.add_parser("explain", help=_EXPLAINS, description=_EXPLAINS.capitalize())
    testing = actions.add_parser("test", help="hold the policy to a table of cases")
    testing.add_argument("file", type=Path, help="as bot/policy/default.cases.yml")
    linting = actions.add_parser("lint", help="name what the policy says in vain")
    for action in (explaining, testing, linting):
        action.add_argument("--policy", type=Path, help="default: OPSBOT_POLICY, or the shipped")
    asked = explaining.add_argument
    asked("--tool", required=True)
    asked("--service", action="append", required=True, help="touched; repeat it for several")
    asked("--environment", action="append", help="default: as the inventory says")
    asked("--effect", choices=list(Effect), help="default: as the tool declares")
    asked("--confidence", choices=get_args(Confidence), default="high")
    asked("--playbook", choices=get_args(Playbook), default="pinned")
    asked("--targets", type=int, default=1, metavar="N")
    asked("--tier", type=int, metavar="N", help="default: as the inventory says")
    asked("--tainted", action="store_true", help="a value came out of an alert, a tool or a model")
    asked("--at", type=datetime.fromisoformat, metavar="TIME", help="2026-12-24T18:00Z; or now")
    asked("--severity", choices=get_args(Severity), default="sev3")
    asked("--minutes-open", type=float, default=0, metavar="N")
    asked("--failed-fixes", type=int, default=0, metavar="N")
    asked("--mode", choices=get_args(Mode), help="as if every service were in that mode")


def run(options: argparse.Namespace) -> int:
    try:
        given = settings.read()
        if options.policy:
            given = given.model_copy(update={"policy": options.policy})
        match options.action:
            case "test":
                return _test(given, options.file)
            case "lint":
                return _lint(given)
        return _explain(given, options)
    except start_up() as error:
        return fail(error)
    except ValidationError as error:
        return fail("; ".join(mistakes(error, {})))


def _approvers(given: Settings) -> tuple[str, ...]:
    """Those of the settings; where no Slack is set up, the local one brings somebody."""
    return given.approvers or (() if given.slack_configured else (FROM_SETTINGS,))


def _explain(given: Settings, options: argparse.Namespace) -> int:
    prepared = wiring.prepare(given)
    policy = prepared.policy
    if options.mode:
        autonomy = policy.autonomy.model_copy(update={"default": options.mode, "services": {}})
        policy = policy.model_copy(update={"autonomy": autonomy})
    tools = {tool.name: Kind.of(tool) for tool in wiring.declared_catalog(prepared)}
    if options.tool not in tools and not options.effect:
        there = ", ".join(name for name, kind in tools.items() if kind.effect is not Effect.READ)
        return fail(f"no tool {options.tool!r}; say its --effect, or name one of: {there}")
    strict = given.inventory is not None
    if not strict:
        err("OPSBOT_INVENTORY is not set: the services are taken as known.")
    situation = _situation(options, tools.get(options.tool), prepared.inventory, strict=strict)
    found = explain(policy, situation, _approvers(given))
    verdict = found.verdict
    out(f"{verdict.kind}  by {verdict.rule}, risk {found.risk}")
    out(f"because {verdict.reason}")
    if isinstance(verdict, Ask):
        people = who_and_how_many(verdict, str)
        out(f"asks {people}, within {verdict.expires_seconds / 60:.0f} min")
    for passed in found.passed_over:
        out(f"  passed over {passed.rule}: {passed.why}")
    return 0


def _situation(
    options: argparse.Namespace, tool: Kind | None, inventory: Inventory, *, strict: bool
) -> Situation:
    named = {name: inventory.service_of(name) for name in options.service}
    unknown = tuple(name for name, found in named.items() if strict and not found)
    touched = (found or name for name, found in named.items() if name not in unknown)
    services = tuple(dict.fromkeys(touched)) or unknown
    known = inventory.services
    entries = [known[name] for name in services if name in known]
    said: dict[str, Any] = {
        "tool": options.tool,
        "effect": options.effect or (tool.effect if tool else None),
        "reversible": tool.reversible if tool else False,
        "services": services,
        "unknown": unknown,
        "tainted": options.tainted,
        "at": options.at or wiring.now(),
        "impacted": tuple(n for n in services if n in known and known[n].impact),
        **{name: getattr(options, name) for name in _SAID if getattr(options, name) is not None},
    }
    if options.environment or entries:
        said["environments"] = options.environment or [entry.environment for entry in entries]
    if entries:
        slas = [entry.sla_minutes for entry in entries if entry.sla_minutes]
        tier = min(entry.tier for entry in entries)
        said = {"tier": tier, "sla_minutes": min(slas, default=None), **said}
    return Situation.model_validate(said)


def _test(given: Settings, file: Path) -> int:
    policy = Policy.read(given.policy or files.bundled_policy())
    table = Table.read(file)
    failures = list(table.failures(policy))
    for failure in failures:
        out(f"{failure.name}\n  expected {failure.expected}\n  got      {failure.got}")
    if failures:
        return fail(f"{len(failures)} of {len(table.cases)} cases failed")
    err(f"All {len(table.cases)} cases hold.")
    return 0


def _lint(given: Settings) -> int:
    prepared = wiring.prepare(given)
    known = prepared.inventory if given.inventory else None
    problems = lint(prepared.policy, wiring.declared_catalog(prepared), known, _approvers(given))
    for problem in problems:
        out(problem)
    if problems:
        return fail(f"{len(problems)} problems in {given.policy or files.bundled_policy()}")
    err(f"No problems in {given.policy or files.bundled_policy()}.")
    return 0
