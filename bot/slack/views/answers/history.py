"""Seen before: closed incidents that look alike, and what helped."""

from __future__ import annotations

from bot.slack.views.answers.told import Told, answered, recorded, sentence
from bot.slack.views.text import said

_SHOWN = 3


def history(told: Told) -> str:
    looked = told.looked or recorded(told, "search_incidents")
    if looked is None or looked.status == "failed":
        why = f": {said(looked.summary, 160)}" if looked else ""
        return answered(told, f"I could not look through past incidents{why}.")
    lines = [line for line in looked.excerpt.split("\n") if line.strip()]
    if looked.status == "empty" or not lines:
        return answered(told, "Not that I know of.", sentence(looked.summary, 120))
    return answered(
        told,
        " ".join(f"{said(line, 260).rstrip('.')}." for line in lines[:_SHOWN]),
        "A likeness is a lead, not evidence of this cause.",
    )
