"""The window that shows what a roll back would write over, before anybody says so."""

from __future__ import annotations

from collections.abc import Iterator

from bot.incidents.undoing import Offered
from bot.slack import ids
from bot.slack.views.modals import flat, lines_of, modal, plain, saying
from bot.slack.views.text import Block, section

_TITLE = "Roll back"
_MOST_FIELDS = 60
_MOST_CHARACTERS = 30_000
"""What does not fit into a window can't be agreed to in it."""
_SECTION = 2900


def looking_view(ref: ids.PlanRef) -> Block:
    """Shown at once; the systems themselves are asked, which may take seconds."""
    return saying(_TITLE, f"*Looking at what stands there now, for {ref.incident} …*")


def roll_back_view(ref: ids.PlanRef, offered: Offered, place: ids.Place) -> Block:
    fields = [list(_lines(offered, index)) for index in range(len(offered.fields))]
    sections = [lines_of(lines, _SECTION) for lines in fields]
    sizes = [sum(len(flat(line)) + 1 for line in lines) for lines in fields]
    head = (
        f"*{ref.incident}, plan {ref.digest[:4]}.* This puts back what the plan changed, over what"
        " stands there now. It runs once, in your name."
    )
    fits = sum(sizes) <= _MOST_CHARACTERS and max(sizes, default=0) < _SECTION
    if len(fields) > _MOST_FIELDS or not fits:
        words = "*It is too much to be shown whole, so it can't be agreed to here.* Do it by hand."
        return saying(_TITLE, words)
    return {
        **modal(_TITLE, "Back"),
        "blocks": [section(head), *sections],
        "callback_id": ids.ROLL_BACK_VIEW,
        "private_metadata": ids.keep(place, ref.pack(), offered.digest),
        "submit": plain("Roll back", 24),
    }


def told_view(words: str) -> Block:
    """What came of it; `words` are escaped already."""
    return saying(_TITLE, words)


def begun_words(ref: ids.PlanRef) -> str:
    return f"*It is being rolled back.* The message of plan {ref.digest[:4]} says how it ends."


def _lines(offered: Offered, index: int) -> Iterator[str]:
    field = offered.fields[index]
    changed = "" if field.now == field.left else ", which somebody changed since"
    yield f"Step {field.step + 1}: {field.target}.{field.field}"
    yield f"now: {_value(field.now)}{changed}"
    yield f"the plan set it to: {_value(field.left)}"
    yield f"it goes back to: {_value(field.back)}"


def _value(value: object) -> str:
    return "–" if value is None else str(value)
