"""What the monitor sees, from the first effect to the end."""

from __future__ import annotations

from datetime import timedelta

from bot.domain.events import ProgressNoted
from bot.domain.looks import counted
from bot.domain.plan_state import PlanState, PlanStatus
from bot.slack.scene import Scene
from bot.slack.slots import Slot
from bot.slack.views.failure import failure_of
from bot.slack.views.text import clock, noticed, said, section


def monitor(scene: Scene, state: PlanState) -> Slot | None:
    """One message, edited; None while there is nothing to watch."""
    noted = scene.progress(state.plan.id)
    landed = [s for s in state.steps if s.landed]
    if state.plan.purpose != "fix" or not landed or not (noted or state.recovery):
        return None
    last = state.recovery or (noted[-1].summary if noted else "")
    if state.status is PlanStatus.FAILED and not state.recovery:
        last = failure_of(state)  # What was noted before holds no longer.
    count = ""
    if state.status is PlanStatus.RUNNING:
        head = _watching(state)
        count = _count(state, noted)
    elif state.status is PlanStatus.DONE:
        head = f"Recovered {clock(state.done_at or state.touched_at)}"
    else:
        head = "Not recovered"
    return Slot(
        id=f"monitor:{state.plan.id}",
        text=noticed(f"{scene.incident.id} {head}: {last}"),
        blocks=(section(f"*{head}:* {said(last, 200)}{count}"),),
        state=str(state.status),
    )


def relapse(scene: Scene, state: PlanState) -> Slot | None:
    """New, so that it rings: what the fix had mended fires again while it is watched."""
    again = scene.incident.relapses.get(state.plan.id)
    if again is None:
        return None
    who = scene.people.all_mentions(scene.oncall)
    words = f"fires again since {clock(again.at)}, after its fix: {said(again.title, 120)}"
    return Slot(
        id=f"relapse:{state.plan.id}",
        text=noticed(f"{scene.incident.id} fires again after its fix: {again.title}"),
        blocks=(section(f"{who} {scene.incident.id} {words}."),),
        rings=True,
    )


def _watching(state: PlanState) -> str:
    if state.current is None:
        until = state.touched_at + timedelta(seconds=state.plan.verify_within)
        return f"Watching until {clock(until)}"
    ended = [s.finished_at for s in state.steps if s.finished_at]
    return f"Watching since {clock(ended[-1])}" if ended else "Watching"


def _count(state: PlanState, noted: tuple[ProgressNoted, ...]) -> str:
    """` · check 3 of 20`, once all steps are done and it is the recovery that is looked at."""
    if state.current is not None or not noted or noted[-1].step is not None:
        return ""
    elapsed = (noted[-1].at - state.touched_at).total_seconds()
    nth, of = counted(elapsed, state.plan.verify_within)
    return f" · check {nth} of {of}"
