"""The ETL incident at its turns, as the views are given it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from bot.domain import events as e
from bot.domain.values import Alert, Ask, Diagnosis, FollowUp, Hypothesis, Plan, RunbookRef, Step
from bot.slack.scene import Scene
from bot.slack.slots import Slot
from bot.slack.views.text import People
from bot.slack.views.thread import thread
from tests.fakes import story
from tests.fakes.story import at, told
from tools.kit.types import Change, DryRun, Effect, Evidence, Handle, Target

MAYA, DEV = "U0MAYA0001", "U0DEV00001"
JOB = "daily_revenue_aggregation"
PEOPLE = People(
    names={MAYA: "Maya", DEV: "Dev"},
    mentions={
        MAYA: f"<@{MAYA}>",
        DEV: f"<@{DEV}>",
        "@data-oncall": "<!subteam^S0DATAONCA|@data-oncall>",
        "@dba-oncall": "<!subteam^S0DBAONCAL|@dba-oncall>",
    },
)
RUNBOOK = RunbookRef(id="etl-source-timeout", title="ETL source timeout", pin="git:af6bc10")
GRAPH = "https://prometheus.example.com/graph?g0.expr=lag&g0.tab=0"
CHECKS = {
    "job_log": ("Job log", "Job log: connection timeout to replica-2", None),
    "source_lag": ("Lag of the source", "replica-2 lag 2.3 h (limit 30 min)", GRAPH),
    "target_lag": ("Lag of the replica to switch to", "replica-1 lag 4 min, fine", GRAPH),
}


def alert(**changes: Any) -> Alert:
    given: dict[str, Any] = {
        "title": f"ETL job '{JOB}' failed (exit code 1)",
        "severity": "sev2",
        "service": "etl",
        "annotations": {"description": "revenue tables are not refreshed until a run succeeds"},
    }
    return story.alert(**{**given, **changes})


def opened(**changes: Any) -> e.IncidentOpened:
    first = alert(**changes)
    return story.opened(**first.model_dump())


def evidence(check: str, status: str = "found", **changes: Any) -> e.EvidenceRecorded:
    title, finding, url = CHECKS[check]
    given: dict[str, Any] = {
        "at": at(1),
        "actor": "opsbot",
        "id": f"E-{check}",
        "check": check,
        "title": title,
        "finding": finding,
        "evidence": Evidence.model_validate(
            {
                "tool": "query_metrics",
                "query": "q",
                "summary": finding,
                "url": url,
                "status": status,
            }
        ),
    }
    return e.EvidenceRecorded.model_validate({**given, **changes})


def begun(check: str, title: str | None = None) -> e.CheckStarted:
    return e.CheckStarted(at=at(1), actor="opsbot", check=check, title=title or CHECKS[check][0])


WORK: tuple[e.WorkEvent, ...] = tuple(
    event for check in CHECKS for event in (begun(check), evidence(check))
)


def diagnosis(**changes: Any) -> Diagnosis:
    given: dict[str, Any] = {
        "by": "runbook",
        "hypotheses": (
            Hypothesis(
                cause="replica-2 is 2.3 h behind (limit 30 min), so reads time out",
                confidence="high",
                supported_by=("E-job_log", "E-source_lag"),
            ),
        ),
        "not_known": ("Why replica-2 lags",),
        "runbook": RUNBOOK,
        "follow_ups": (
            FollowUp(summary="replica-2 replication lag 2.3 h", owners=("@dba-oncall",)),
        ),
    }
    return Diagnosis.model_validate({**given, **changes})


def diagnosed(**changes: Any) -> e.DiagnosisReached:
    return e.DiagnosisReached(at=at(2), actor="opsbot", diagnosis=diagnosis(**changes))


def switch(**changes: Any) -> Step:
    given: dict[str, Any] = {
        "tool": "set_job_parameters",
        "version": 1,
        "params": {"job": JOB, "parameters": {"source": "replica-1"}},
        "effect": Effect.WRITE,
        "reversible": True,
        "dry_run": DryRun(
            summary=f"Set source of {JOB}: replica-2 → replica-1",
            targets=(Target(kind="job", name=JOB),),
            changes=(Change(target=JOB, field="source", before="replica-2", after="replica-1"),),
            affects=(f"every later run of {JOB}",),
        ),
    }
    return Step.model_validate({**given, **changes})


def rerun(**changes: Any) -> Step:
    given: dict[str, Any] = {
        "tool": "rerun_job",
        "version": 1,
        "params": {"job": JOB},
        "effect": Effect.WRITE,
        "reversible": False,
        "dry_run": DryRun(
            summary=f"Run {JOB} once",
            targets=(Target(kind="job", name=JOB),),
            changes=(Change(target=JOB, field="run", before="failed", after="one new run"),),
            sentence=f"run {JOB} once (last run failed)",
            undo="what it writes stays",
        ),
    }
    return Step.model_validate({**given, **changes})


def plan(name: str = "P1", **changes: Any) -> Plan:
    given: dict[str, Any] = {
        "steps": (switch(), rerun()),
        "guards": (
            story.guard(title="replica-1 lag", show="${lag}", shown="4 min (limit 30 min)"),
        ),
        "verify": (story.guard(title="Exit code of the job"),),
        "runbook": RUNBOOK,
        "resolution": "source switched to replica-1, replica-2 lagging",
    }
    return story.plan(name).model_copy(update={**given, **changes})


def ask(**changes: Any) -> Ask:
    given: dict[str, Any] = {
        "rule": "change",
        "approvers": ("@data-oncall",),
        "expires_seconds": 900.0,
    }
    return Ask.model_validate({**given, **changes})


def proposed(which: Plan | None = None, **asking: Any) -> list[e.IncidentEvent]:
    return story.proposed(which or plan(), ask(**asking))


def approved(by: str = MAYA) -> e.IncidentEvent:
    return story.decided("approve", by, plan())


def rejected(reason: str = "wait for the DBA") -> e.IncidentEvent:
    event = story.decided("reject", MAYA, plan())
    return event.model_copy(update={"reason": reason})


def called(reason: str, plan_id: str | None = None) -> e.PersonCalled:
    return e.PersonCalled(
        at=at(60), actor="opsbot", to=("@data-oncall",), reason=reason, plan_id=plan_id
    )


def noted(summary: str, *, step: int | None = 1, seconds: float = 15) -> e.ProgressNoted:
    """`step` None: a look at the recovery."""
    return e.ProgressNoted(at=at(seconds), actor="opsbot", plan_id="P1", step=step, summary=summary)


def books(milestone: str, *steps: tuple[str, str, str]) -> list[e.IncidentEvent]:
    """Tickets written for a milestone: (summary, key, address) for each."""
    made = tuple(
        rerun(tool="create_ticket", params={"summary": summary}) for summary, _, _ in steps
    )
    kept = story.plan(f"books-{milestone}", steps=1).model_copy(update={"steps": made})
    events: list[e.IncidentEvent] = list(story.proposed(kept, story.ALLOW))
    for index, (_, key, url) in enumerate(steps):
        events.append(story.started(index, kept.id))
        landed = story.finished(index, plan_id=kept.id)
        handle = Handle(ref=key, summary="opened", url=url)
        events.append(landed.model_copy(update={"handle": handle}))
        events.append(story.verified(index, plan_id=kept.id))
    return events


def resolved(seconds: float = 1320) -> list[e.IncidentEvent]:
    words = "source switched to replica-1, replica-2 lagging"
    return [e.IncidentResolved(at=at(seconds), actor="opsbot", summary=words)]


def reported() -> e.IncidentReported:
    return e.IncidentReported(at=at(1330), actor="opsbot")


def scene(
    *parts: e.IncidentEvent | Iterable[e.IncidentEvent],
    work: Iterable[e.WorkEvent] = WORK,
    links: dict[str, str] | None = None,
    people: People = PEOPLE,
) -> Scene:
    """The scene after an opening and these events."""
    incident = told(opened(), *parts)
    return Scene(incident=incident, work=tuple(work), people=people, links=links or {})


def slot(which: Scene, slot_id: str) -> Slot:
    """That message of the incident."""
    slots = {s.id: s for s in thread(which)}
    return slots[slot_id]


def shown(which: Slot) -> str:
    """A message's blocks as Slack is sent them, a line each; `[labels]` are buttons, `[⋯ a, b]` a
    menu."""
    lines: list[str] = []
    for block in which.blocks:
        match block["type"]:
            case "header" | "section":
                lines.append(block["text"]["text"])
            case "context":
                lines += [element["text"] for element in block["elements"]]
            case "plan":
                lines.append(block["title"])
                lines += [f"{task['status']}: {task['title']}" for task in block["tasks"]]
            case "actions":
                lines.append(" ".join(_label(element) for element in block["elements"]))
    return "\n".join(lines)


def _label(element: dict[str, Any]) -> str:
    if element["type"] == "overflow":
        return f"[⋯ {', '.join(option['text']['text'] for option in element['options'])}]"
    return f"[{element['text']['text']}]"
