"""A question that is being thought about: what is looked at, and how it ends."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from pydantic import ValidationError

from bot.domain import events as e
from bot.incidents.question import Question
from bot.slack import ids
from bot.slack.slots import Slot
from bot.slack.views.feedback import feedback_buttons
from bot.slack.views.links import source
from bot.slack.views.text import (
    SECTION_LIMIT,
    Block,
    button,
    cut,
    fitted,
    heard,
    noticed,
    safe,
    said,
    section,
)
from tools.kit.types import Frozen

_SHOWN = 6
_TITLE = 120
_FINDINGS = 4
_LINE = 2000
_WORST_LINE = 450
"""Of a line that grows so much by its escapes that it would fit in no section."""
NOTHING_CHANGED = "Nothing was changed."
CUT_OFF = f"I was cut off before I had an answer. {NOTHING_CHANGED} Ask again."
AWAY = f"I have no answer: what I think with doesn't answer. {NOTHING_CHANGED} Ask again later."
BUSY = "I am still at your last question here. Say `stop` to end it, or wait for the answer."
SPENT = "That was a lot of questions to look into; ask again in ten minutes."


class Task(Frozen):
    """One thing that is looked at."""

    id: str
    title: str
    status: Literal["in_progress", "complete", "error"]


class OpenRef(Frozen):
    """What **Open an incident** carries. Never a proof: the question is looked up."""

    question: str

    @classmethod
    def unpack(cls, value: str) -> OpenRef | None:
        try:
            return cls.model_validate_json(value)
        except ValidationError:
            return None


def tasks_of(work: Iterable[e.WorkEvent], prefix: str) -> tuple[Task, ...]:
    """What the question had looked at; `prefix` begins the ids of its own."""
    events = list(work)
    found = {w.check: w for w in events if isinstance(w, e.EvidenceRecorded)}
    started = {w.check: w for w in events if isinstance(w, e.CheckStarted)}
    tasks = []
    for check, begun in started.items():
        if not check.startswith(prefix):
            continue
        seen = found.get(check)
        failed = seen is not None and seen.evidence.status == "failed"
        status = "in_progress" if seen is None else "error" if failed else "complete"
        title = _plain(seen.finding if seen else begun.title)
        tasks.append(Task.model_validate({"id": check[:255], "title": title, "status": status}))
    return tuple(tasks[-_SHOWN:])


def thinking_slot(question: Question, tasks: Sequence[Task]) -> Slot:
    """The message while it is thought about, where there are no streams."""
    title = thinking_title(question)
    shown = [t.model_dump() for t in tasks] or [
        {"id": "begin", "title": "Begins to look", "status": "in_progress"}
    ]
    block = {
        "type": "plan",
        "title": title,
        "tasks": [{"task_id": t["id"], "title": t["title"], "status": t["status"]} for t in shown],
    }
    return Slot(
        id=f"answer:{question.id}",
        text=noticed(title),
        blocks=(block,),
        state="thinking",
    )


def thinking_title(question: Question) -> str:
    about = question.service or question.incident or question.talked_of or "your question"
    return _plain(f"Looking into {about}")


def worded(text: str) -> str:
    """A model's or a runbook's words, escaped, each line such that it fits."""
    lines = [(line, safe(cut(line, _LINE))) for line in text.split("\n")]
    return "\n".join(
        escaped if len(escaped) < SECTION_LIMIT - 200 else said(line, _WORST_LINE)
        for line, escaped in lines
    )


def stopped_words(name: str) -> str:
    """`name`: plain, of whoever stopped it."""
    return f"Stopped by {said(name, 40)}. {NOTHING_CHANGED}"


def looked_words(question: Question, text: str, work: Iterable[e.WorkEvent]) -> str:
    """What was found outside any incident; `text` is the worker's, as it stands."""
    seen = [w for w in work if isinstance(w, e.EvidenceRecorded)]
    speaking = [w for w in seen if w.evidence.status == "found"] or seen
    lines = worded(text).split("\n")
    lines += [f"• {source(said(w.finding, 120), w.evidence.url)}" for w in speaking[-_FINDINGS:]]
    lines.append(NOTHING_CHANGED)
    return "\n".join(lines)


def outside_slot(question: Question, words: str, *, offer: bool) -> Slot:
    """The answer outside any incident; `offer` to open one."""
    ref = OpenRef(question=question.id).model_dump_json()
    open_one = button("Open an incident", ids.OPEN_FROM, "Open an incident about this", value=ref)
    blocks: list[Block] = [section(fitted(words.split("\n"), SECTION_LIMIT))]
    if offer:
        blocks.append({"type": "actions", "elements": [open_one]})
    blocks.append(feedback_buttons(f"ASK-{question.id}", f"answer:{question.id}"))
    return Slot(
        id=f"answer:{question.id}",
        text=heard(words.split("\n")[0]),
        blocks=tuple(blocks),
        state="done",
    )


def opened_words(incident: str, name: str, *, fresh: bool) -> str:
    word = "Opened" if fresh else "Opened before"
    return f"{word}: {said(incident, 40)}, by {said(name, 40)}. What was found here is in it."


def _plain(text: str) -> str:
    """A task's title has no escapes: what could be markup becomes its likeness."""
    return cut(text, _TITLE).replace("<", "‹").replace(">", "›") or "…"


def changed(before: Sequence[Task], after: Sequence[Task]) -> list[Task]:
    """The tasks that are new or not as they were."""
    known = {task.id: task for task in before}
    return [task for task in after if known.get(task.id) != task]
