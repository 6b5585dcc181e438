"""What changed: deploys and configuration around the service, read just now."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from bot.slack.views.answers.told import Told, answered, recorded
from bot.slack.views.links import source
from bot.slack.views.text import clock, said

_SHOWN = 3
_LIKELY_MINUTES = 60
"""A change so shortly before the alert is named first among suspects."""


def changes(told: Told) -> str:
    """A change near in time is a suspicion: the answer says so."""
    looked = told.looked
    if looked is None or looked.status == "failed":
        looked = recorded(told, "query_changes") or looked
    if looked is None:
        return answered(
            told,
            "I can't see changes: no source of them is configured.",
            "Connect one, such as Grafana's annotations, and I read it in each investigation.",
        )
    if looked.status == "failed":
        return answered(told, f"I could not read what changed: {said(looked.summary, 160)}.")
    began = min(a.starts_at for a in told.scene.incident.alerts.values())
    found = [c for c in map(_change, looked.values.get("changes") or ()) if c]
    if not found:
        where = source("the source of changes", looked.url)
        return answered(
            told,
            f"Nothing, as far as {where} knows: no change in the 2 h before {clock(began)} or"
            " since.",
        )
    before = [c for c in found if c[0] <= began]
    after = [c for c in found if c[0] > began]
    shown = [_line(c) for c in [*before, *after[::-1]][:_SHOWN]]
    more = len(found) - len(shown)
    suspect = before and (began - before[0][0]).total_seconds() <= _LIKELY_MINUTES * 60
    return answered(
        told,
        f"{_many(len(before))} in the 2 h before {clock(began)}, {len(after)} since:"
        f" {'; '.join(shown)}{f'; and {more} more' if more else ''}.",
        "The newest before it is a suspect, not proven." if suspect else "",
        cites=[source("recent changes", looked.url)],
    )


def _many(count: int) -> str:
    return "1 change" if count == 1 else f"{count or 'No'} changes"


def _change(value: Any) -> tuple[datetime, dict[str, Any]] | None:
    try:
        return datetime.fromisoformat(value["at"]), value
    except (KeyError, TypeError, ValueError):
        return None


def _line(change: tuple[datetime, dict[str, Any]]) -> str:
    at, told = change
    services = said(", ".join(map(str, told.get("services") or ())), 60)
    by = f" by {said(str(told['by']), 40)}" if told.get("by") else ""
    words = f"{clock(at)} {said(str(told.get('kind') or 'change'), 20)} of {services or 'it'}{by}"
    return f"{words}: {said(str(told.get('text') or 'no words'), 120)}"
