"""The investigation: one plan block, edited in place, each check with its finding."""

from __future__ import annotations

import hashlib
import json

from bot.domain import events as e
from bot.domain.incident import ThreadState
from bot.slack.scene import Scene
from bot.slack.slots import Slot
from bot.slack.views.cost import model_cost
from bot.slack.views.links import anchor, shows
from bot.slack.views.text import SECTION_LIMIT, Block, context, cut, fitted, safe, said, section

_SHOWN = 6
_FOR_A_QUESTION = "ask-"
"""Begins what somebody's question had looked at; its own answer shows that."""
_TITLE = 120
_MARKS = {"in_progress": "⏳", "complete": "✓", "error": "✗"}
_STATUS = {"found": "complete", "empty": "complete", "failed": "error"}


def investigation(scene: Scene) -> Slot | None:
    """None before the first check; a check that was begun again counts once.

    Of a wide incident each agent is a task, so that it is seen who does what.
    """
    started = {
        w.check: w
        for w in scene.work
        if isinstance(w, e.CheckStarted) and not w.check.startswith(_FOR_A_QUESTION)
    }
    threads = scene.incident.threads.values()
    if not started and not threads:
        return None
    found = {w.check: w for w in scene.evidence if w.check in started}
    done = scene.incident.diagnosis is not None
    if threads:
        counted = f"{sum(t.finished is not None for t in threads)} of {len(threads)}"
        every = [_thread_task(thread) for thread in threads]
    else:
        counted = f"{len(found)} of {len(started)}"
        every = [_task(check, found.get(check.check)) for check in started.values()]
    tasks = _shown(every)
    more = f" · {len(every) - len(tasks)} more" if len(every) > len(tasks) else ""
    title = f"{'Investigated' if done else 'Investigating'}, {counted}{more}"
    # Slack keeps what it drew of a block by its id, so what changed gets another.
    changed = hashlib.sha256(json.dumps([title, tasks]).encode()).hexdigest()[:8]
    notes = _notes(scene)
    below = (context(" · ".join(notes)),) if notes else ()
    return Slot(
        id="investigation",
        text=f"{scene.incident.id}: {counted} checks done",
        blocks=({"type": "plan", "block_id": changed, "title": title, "tasks": tasks}, *below),
        plain=(section(fitted([f"*{title}*", *map(_line, tasks)], SECTION_LIMIT)), *below),
        state="done" if done else "",
    )


def _shown(tasks: list[Block]) -> list[Block]:
    """Those under way and those that failed before the others, then the latest; in their order."""
    by_use = sorted(range(len(tasks)), key=lambda n: (tasks[n]["status"] == "complete", -n))
    return [tasks[n] for n in sorted(by_use[:_SHOWN])]


def _line(task: Block) -> str:
    """A task where there are no plan blocks: `✓ replica-2 lag 2.3 h`."""
    title = safe(task["title"])
    linked = [anchor(title, each["url"]) for each in task.get("sources", ())[:1]]
    return f"{_MARKS[task['status']]} {linked[0] if linked else title}"


def _thread_task(state: ThreadState) -> Block:
    done = state.finished
    status = "in_progress" if done is None else "error" if done.failed else "complete"
    words = f"{state.thread.title}: {done.summary if done else 'an agent looks into it'}"
    return {"task_id": state.thread.id[:255], "title": _plain(words), "status": status}


def _notes(scene: Scene) -> list[str]:
    """What the models cost, and who took over from them."""
    cost = model_cost(scene.work)
    notes = [cost] if cost else []
    changes = [w for w in scene.work if isinstance(w, e.BrainChanged)]
    notes += [f"The runbooks took over: {said(change.reason, 120)}" for change in changes[-1:]]
    return notes


def _task(check: e.CheckStarted, recorded: e.EvidenceRecorded | None) -> Block:
    status, words = "in_progress", check.title
    sources: list[Block] = []
    if recorded is not None:
        evidence = recorded.evidence
        status, words = _STATUS[evidence.status], recorded.finding
        if evidence.url and shows(evidence.url):
            sources.append({"type": "url", "url": evidence.url, "text": _plain(check.title)})
    task: Block = {"task_id": check.check[:255], "title": _plain(words), "status": status}
    return {**task, "sources": sources} if sources else task


def _plain(text: str) -> str:
    """A task's title has no escapes: what could be markup becomes its likeness."""
    return cut(text, _TITLE).replace("<", "‹").replace(">", "›") or "…"
