"""What an answer is made from, and the parts that answers share."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from bot.domain.plan_state import PlanState, PlanStatus
from bot.domain.quorum import missing
from bot.slack.scene import Scene
from bot.slack.views.approvers import who
from bot.slack.views.links import anchor, source
from bot.slack.views.text import clock, said
from tools.kit.types import Evidence, Frozen

_SENTENCES = 5


class Told(Frozen):
    """Everything that is known when somebody asks."""

    scene: Scene
    now: datetime
    looked: Evidence | None = None
    """What was looked up just for this question; None where no such source is configured."""


def answered(told: Told, *sentences: str, cites: Iterable[str] = ()) -> str:
    """The sentences, the evidence they rest on, and the incident, each with its link."""
    parts = [s for s in sentences if s][:_SENTENCES]
    evidence = " · ".join(cites)
    if evidence:
        parts.append(f"Evidence: {evidence}.")
    return " ".join([*parts, f"→ {linked_id(told)}"])


def linked_id(told: Told) -> str:
    """`INC-412`, a link to its card where that is posted."""
    link = told.scene.links.get("card")
    name = said(told.scene.incident.id, 40)
    return anchor(name, link) if link else name


def cited(told: Told, ids: Iterable[str], most: int = 3) -> list[str]:
    """Titles of evidence by id, each a link to where a person sees the same."""
    by_id = {w.id: w for w in told.scene.evidence}
    found = [by_id[i] for i in dict.fromkeys(ids) if i in by_id]
    return [source(said(w.title, 50), w.evidence.url) for w in found[:most]]


def title(told: Told) -> str:
    return said(told.scene.incident.title, 160)


def sentence(text: str, most: int) -> str:
    """Somebody's words as a sentence of ours: capital first, one full stop."""
    cut = said(text, most).rstrip(".")
    return ended(f"{cut[:1].upper()}{cut[1:]}") if cut else ""


def ended(words: str) -> str:
    """With its full stop, unless it is cut off already."""
    return words if words.endswith("…") else f"{words}."


def awaited(told: Told, fix: PlanState) -> str:
    """Who may still decide and until when; empty where nothing waits."""
    if fix.status is not PlanStatus.AWAITING or fix.verdict.kind != "ask" or not fix.expires_at:
        return ""
    whom = who(missing(fix.verdict, fix.decisions), told.scene.people.name)
    return f"A fix waits for {whom} until {clock(fix.expires_at)}."


def recorded(told: Told, tool: str) -> Evidence | None:
    """The last answer of that tool which the incident holds; None where it holds none."""
    found = [w.evidence for w in told.scene.evidence if w.evidence.tool == tool]
    return next((e for e in reversed(found) if e.status != "failed"), None)


def approval_link(told: Told, fix: PlanState, words: str) -> str:
    link = told.scene.links.get(f"approval:{fix.plan.id}")
    return anchor(words, link) if link else words
