"""What any release ever wrote loads for ever. Add a file for a new shape; never edit one."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from bot.domain import events as e
from bot.domain.incident import Incident
from bot.domain.plan_state import PlanStatus, StepStatus
from bot.domain.values import ApprovalGroup, Ask, Status
from bot.domain.work import next_work

OLD = Path(__file__).parent / "old_events"


def lines(name: str) -> list[str]:
    return (OLD / name).read_text(encoding="utf-8").splitlines()


def types(union: object) -> set[str]:
    return {kind.model_fields["type"].default for kind in get_args(union)} - {"unknown"}


@pytest.mark.parametrize("path", sorted(OLD.glob("v*[0-9].jsonl")), ids=lambda p: p.stem)
def test_every_old_incident_still_folds(path: Path) -> None:
    commits = [e.load_decisions(line) for line in lines(path.name)]
    incident = Incident.fold("INC-1", commits)
    assert not any(isinstance(event, e.UnknownEvent) for commit in commits for event in commit)
    assert incident.version == len(commits)
    assert next_work(incident) == ()


def test_the_first_incident_reads_as_it_did() -> None:
    incident = Incident.fold("INC-1", map(e.load_decisions, lines("v1.jsonl")))
    assert incident.status is Status.RESOLVED
    assert incident.diagnosis is not None
    assert incident.diagnosis.cause == "someone painted it"
    assert {name: p.status for name, p in incident.plans.items()} == {
        "P1": PlanStatus.VOID,
        "P2": PlanStatus.FAILED,
    }
    assert incident.plans["P2"].decided_by == "U1"
    assert incident.plans["P2"].steps[1].status is StepStatus.UNDONE
    assert incident.plans["P2"].steps[0].checkpoint == {"colour": "red"}


def test_who_spoke_for_which_team_reads_as_it_did() -> None:
    plan = Incident.fold("INC-1", map(e.load_decisions, lines("v2-teams1.jsonl"))).plans["P1"]
    assert plan.status is PlanStatus.DONE
    assert [d.via for d in plan.decisions] == [("@oncall", "@security"), ("@oncall",)]
    assert plan.verdict == Ask(
        rule="change",
        reason="rule 'change'",
        approvals=2,
        approvers=("@oncall", "@security"),
        groups=tuple(ApprovalGroup(approvers=(team,)) for team in ("@oncall", "@security")),
        expires_seconds=900,
        risk="medium",
    )
    assert (plan.plan.partial, plan.plan.steps[0].tainted) == (True, True)


def test_an_approval_once_given_is_still_bound_to_its_plan() -> None:
    events = [event for line in lines("v1.jsonl") for event in e.load_decisions(line)]
    plans = {x.plan.id: x for x in events if isinstance(x, e.PlanProposed)}
    for event in events:
        if isinstance(event, e.ApprovalRequested):
            proposed = plans[event.plan_id]
            assert proposed.plan.digest(proposed.verdict.rule) == event.digest


@pytest.mark.parametrize("path", sorted(OLD.glob("v*-work.jsonl")), ids=lambda p: p.stem)
def test_old_work_loads(path: Path) -> None:
    notes = [event for line in lines(path.name) for event in e.load_work(line)]
    assert {note.type for note in notes} <= types(e.WorkEvent)
    assert "\n".join(e.dump([note]) for note in notes) == "\n".join(lines(path.name))


def test_an_old_stop_and_an_old_replacement_read_as_they_did() -> None:
    incident = Incident.fold("INC-1", map(e.load_decisions, lines("v-brakes-1.jsonl")))
    assert incident.stop is None
    causes = {name: p.void and p.void.cause for name, p in incident.plans.items()}
    assert causes == {"P1": "replaced", "P2": None, "P3": "stopped"}
    assert incident.plans["P2"].steps[0].services == ("lamps",)


def test_who_commanded_and_how_bad_it_was_reads_as_it_did() -> None:
    incident = Incident.fold("INC-1", map(e.load_decisions, lines("v3-people1.jsonl")))
    assert (incident.severity, incident.commander, incident.offered_to) == ("sev1", "U2", None)
    assert [note.author for note in incident.notes] == ["U3"]
    assert incident.resolution == "painted it twice"


def test_an_old_halt_and_what_was_undone_after_it_read_as_they_did() -> None:
    incident = Incident.fold("INC-1", map(e.load_decisions, lines("v4-halted-1.jsonl")))
    first, second = incident.fixes
    assert (first.halt and first.halt.name, first.void and first.void.cause) == ("U3", "halted")
    assert first.undo is not None
    assert (first.undo.actor, first.undo.via, first.undo.steps) == ("U1", ("@oncall",), (0,))
    assert first.rolled_back_at
    assert (second.void and second.void.cause, second.handed_over) == ("handed", True)


def test_every_kind_of_event_is_kept_here() -> None:
    kept = {
        event.type
        for path in OLD.glob("v*[0-9].jsonl")
        for line in lines(path.name)
        for event in e.load_decisions(line)
    }
    assert kept == types(e.IncidentEvent), "write the new one down in a new file"
