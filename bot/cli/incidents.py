"""`opsbot incidents [list | show INC]`."""

from __future__ import annotations

import argparse
import asyncio
import json

from bot import settings
from bot.cli.ledger import open_ledger
from bot.cli.refusals import start_up
from bot.cli.say import err, fail, out
from bot.domain import events as e
from bot.domain.incident import Incident
from bot.slack.scene import stage_of
from bot.slack.views.brakes import stopped
from bot.slack.views.cost import model_cost
from bot.slack.views.feedback import feedback_counts
from bot.slack.views.text import clock, lasting

_COUNT = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="list | show")
    listing = actions.add_parser("list", help="the latest incidents, newest first")
    listing.add_argument("--open", action="store_true", help="only those not resolved")
    listing.add_argument("--json", action="store_true", help="one JSON array")
    shown = actions.add_parser("show", help="everything that happened in one incident")
    shown.add_argument("incident", metavar="INC-n")
    shown.add_argument("--json", action="store_true", help="one JSON object")


def run(options: argparse.Namespace) -> int:
    try:
        if options.action == "show":
            return asyncio.run(_show(options.incident.upper(), as_json=options.json))
        return asyncio.run(
            _list(
                only_open=getattr(options, "open", False), as_json=getattr(options, "json", False)
            )
        )
    except start_up() as error:
        return fail(error)


async def _list(*, only_open: bool, as_json: bool) -> int:
    async with open_ledger(settings.read()) as ledger:
        ids = await ledger.open_incidents() if only_open else await ledger.recent_incidents(_COUNT)
        incidents = [await ledger.load(i) for i in ids]
    if as_json:
        out(json.dumps([_row(i) for i in incidents], indent=2))
        return 0
    for incident in incidents:
        row = _row(incident)
        out(f"{row['id']:<9}{row['severity']:<6}{row['stage']:<16}{row['title']}")
    if not incidents:
        err("No incidents. `opsbot demo` plays one.")
    else:
        err("`opsbot incidents show INC-n` tells all of one.")
    return 0


async def _show(incident_id: str, *, as_json: bool) -> int:
    async with open_ledger(settings.read()) as ledger:
        incident = await ledger.load(incident_id)
        if not incident.exists:
            return fail(f"there is no incident {incident_id!r}; `opsbot incidents` lists them")
        happened = [
            *await ledger.decisions(incident_id),
            *await ledger.work(incident_id),
        ]
    happened.sort(key=lambda event: event.at)
    if as_json:
        events = [event.model_dump(mode="json") for event in happened]
        held = {"entries": incident.version, "head": incident.head}
        told = {**_row(incident), "audit": held, "events": events}
        out(json.dumps(told, indent=2, ensure_ascii=False))
        return 0
    row = _row(incident)
    out(f"{row['id']} {row['severity']} {row['stage']}: {row['title']}")
    if incident.opened_at and incident.updated_at:
        out(f"{lasting(incident.opened_at, incident.updated_at)}, service {incident.service}")
    out(f"Audit: {incident.version} entries, head {incident.head[:8]}")
    cost = model_cost(happened)
    if cost:
        out(cost)
    liked = feedback_counts(happened)
    if liked:
        out(liked)
    if incident.stop:
        out(stopped(incident.stop))
    for event in happened:
        out(f"{clock(event.at)} {event.type:<22}{event.actor:<16}{_told(event)}")
    return 0


def _row(incident: Incident) -> dict[str, str]:
    return {
        "id": incident.id,
        "severity": incident.severity.upper(),
        "stage": stage_of(incident).word,
        "title": incident.title,
    }


def _told(event: e.Event) -> str:
    """What an event says of itself, on one line."""
    match event:
        case e.EvidenceRecorded():
            return event.finding
        case e.CheckStarted():
            return event.title
        case e.TurnTaken():
            wanted = ", ".join(call["name"] for call in event.turn.get("calls", ()))
            return f"{event.agent}: {wanted or event.turn.get('text', '')[:80]}"
        case e.ThreadFinished():
            return f"{event.thread}: {event.summary}"
        case e.DiagnosisReached():
            return f"{event.diagnosis.ending}: {event.diagnosis.cause or 'cause not found'}"
        case e.PlanProposed():
            steps = "; ".join(step.dry_run.summary for step in event.plan.steps)
            return f"{event.verdict.kind} by {event.verdict.rule}: {steps}"
        case e.IncidentStopped():
            return stopped(event)
        case e.BreakerTripped():
            return f"the breaker of {event.scope} tripped: {event.reason}"
        case e.HintGiven():
            return f"hint{', looked into again' if event.again else ''}: {event.text}"
        case e.FeedbackGiven():
            return f"{'helpful' if event.helpful else 'not helpful'}: {event.about} {event.reason}"
        case e.ApprovalDecided():
            return f"{event.choice} {event.reason}".strip()
        case _:
            return str(getattr(event, "summary", "") or getattr(event, "reason", ""))
