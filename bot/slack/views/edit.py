"""The modal in which a plan is made smaller, and what it says while and after that is done."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from bot.domain.incident import Incident
from bot.domain.values import Plan, Step
from bot.incidents.leeway import Leeway, Offer
from bot.slack import ids
from bot.slack.views.modals import modal, plain, saying
from bot.slack.views.text import Block, cut, section
from tools.kit.narrowing import Narrows

STEPS = "steps"
"""Block id of the steps; a parameter's is `leeway` and its index in the offer."""
VALUE = "value"
BOXES = 10
"""Slack's limit of checkboxes in a block; a longer list takes several."""
_TITLE = "Make the fix smaller"
_MOST_BLOCKS = 40
_CHOICE = 75
_LABEL = 150
_HINT = 500


def edit_view(ref: ids.PlanRef, offer: Offer, place: ids.Place) -> Block:
    inputs: list[Block] = []
    left_out: list[str] = []
    for name, blocks in _groups(offer):
        if len(inputs) + len(blocks) <= _MOST_BLOCKS:
            inputs += blocks
        else:
            left_out.append(name)
    about = (
        f"*{ref.incident}, plan {ref.digest[:4]}.* Only less can be asked for. A fresh dry run is"
        " taken of it, and somebody other than you has to approve the new plan."
    )
    too_long = f"Too long for this window, and kept as it is: {', '.join(left_out)}"
    return {
        **modal(_TITLE, "Back"),
        "callback_id": ids.EDIT_VIEW,
        "private_metadata": ids.keep(place, ref.pack()),
        **({"submit": plain("Ask for this", 24)} if inputs else {}),
        "blocks": [
            section(about),
            *inputs,
            *([{"type": "section", "text": plain(too_long, _HINT)}] if left_out else []),
        ],
    }


def waiting_view(ref: ids.PlanRef) -> Block:
    """Shown at once; a dry run asks the systems themselves and may take seconds."""
    words = (
        f"*Taking a fresh dry run for {ref.incident} …* You can close this window: you are told"
        " what came of it."
    )
    return saying(_TITLE, words)


def answer_view(words: str) -> Block:
    """What came of it; `words` are escaped already."""
    return saying(_TITLE, words)


def replaced_words(incident: Incident) -> str:
    """`Plan 8c10 waits for approval now …`"""
    digest = f" {incident.fix.digest[:4]}" if incident.fix else ""
    return (
        f"*Plan{digest} waits for approval now*, as a new message in the thread of {incident.id}."
        " You asked for it, so somebody else has to approve it."
    )


def block_id(group: str, first: int = 0) -> str:
    """Of the block in which choice `first` of a group is the first."""
    return f"{group}:{first // BOXES}"


def group_of(index: int) -> str:
    """The group of the parameter with this index in its offer."""
    return f"leeway:{index}"


def _groups(offer: Offer) -> list[tuple[str, list[Block]]]:
    """What is asked about, by name, and the blocks that ask."""
    groups = []
    if len(offer.plan.steps) > 1:
        groups.append(("the steps", _steps(offer.plan)))
    for index, leeway in enumerate(offer.leeways):
        step = offer.plan.steps[leeway.step]
        name = f"step {leeway.step + 1}, {leeway.name.replace('_', ' ')}"
        group = group_of(index)
        if leeway.how is Narrows.LESS:
            groups.append((name, [_number(group, name, leeway)]))
        else:
            hint = f"{leeway.words} Untick what is to be left as it is."
            choices = [_entry(step, key, value) for key, value in entries(leeway.value)]
            groups.append((name, _boxes(group, name, hint, choices)))
    return groups


def entries(value: Any) -> list[tuple[str, Any]]:
    """A list's or a mapping's entries: what each is called, and its value where it has one."""
    if isinstance(value, dict):
        return [(str(key), inner) for key, inner in value.items()]
    return [(str(each), None) for each in value]


def _steps(plan: Plan) -> list[Block]:
    checked = ", ".join(reading.title for reading in plan.verify)
    minutes = round(plan.verify_within / 60)
    hint = "Untick from the end: a step needs those before it."
    if checked:
        hint += (
            f" Afterwards is still checked: {checked}. If that doesn't hold within {minutes} min,"
            " the fix counts as failed."
        )
    choices = [
        (f"{number} {step.dry_run.summary}", "" if step.reversible else "no automatic undo")
        for number, step in enumerate(plan.steps, start=1)
    ]
    return _boxes(STEPS, "steps that run", hint, choices)


def _entry(step: Step, key: str, value: Any) -> tuple[str, str]:
    """`source` and beside it `replica-2 → replica-1`; `attic` and `level: 20 → 80`."""
    changes = []
    for change in step.dry_run.changes:
        before = "–" if change.before is None else change.before
        after = "–" if change.after is None else change.after
        if change.target == key:
            changes.append(f"{change.field}: {before} → {after}")
        elif change.field == key:
            changes.append(f"{before} → {after}")
    return key, "; ".join(changes) or ("" if value is None else str(value))


def _boxes(group: str, name: str, hint: str, choices: Sequence[tuple[str, str]]) -> list[Block]:
    """All ticked. Of several blocks one may be left empty; Slack would refuse that otherwise."""
    blocks = []
    for first in range(0, len(choices), BOXES):
        options = [
            {
                "text": plain(text, _CHOICE),
                "value": str(number),
                **({"description": plain(beside, _CHOICE)} if cut(beside, _CHOICE) else {}),
            }
            for number, (text, beside) in enumerate(choices[first : first + BOXES], start=first)
        ]
        element = {"type": "checkboxes", "options": options, "initial_options": options}
        part = f" ({first + 1} to {first + len(options)})" if len(choices) > BOXES else ""
        block = _input(block_id(group, first), name + part, hint, element)
        blocks.append({**block, "optional": len(choices) > BOXES})
    return blocks


def _number(group: str, name: str, leeway: Leeway) -> Block:
    value = leeway.value
    whole = isinstance(value, int)
    text = f"{Decimal(str(value)):f}"
    element = {
        "type": "number_input",
        "is_decimal_allowed": not whole,
        "initial_value": text,
        "min_value": "0",
        "max_value": text,
    }
    hint = f"{leeway.words} {text} in the plan; only less can be asked for."
    return _input(block_id(group), name, hint, element)


def _input(name: str, label: str, hint: str, element: Block) -> Block:
    return {
        "type": "input",
        "block_id": name,
        "label": plain(label[:1].upper() + label[1:], _LABEL),
        "hint": plain(hint, _HINT),
        "element": {**element, "action_id": VALUE},
    }
