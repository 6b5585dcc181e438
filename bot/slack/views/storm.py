"""A storm's card, which stands for many incidents, and the calls that are made for all of them."""

from __future__ import annotations

from collections import Counter

from bot.slack import ids
from bot.slack.scene import Stage
from bot.slack.slots import Slot
from bot.slack.storm_scene import Ring, Row, StormScene
from bot.slack.views.links import anchor
from bot.slack.views.text import (
    Block,
    button,
    clock,
    context,
    cut,
    header,
    lasting,
    noticed,
    read,
    said,
    section,
)

ROOT = "storm"
SHOWN = 10
_TOGETHER = 6
_TITLE = 60
_OFFERED = 100
"""Most options that Slack takes in a select."""
_LONGEST = 200
_LEAST_REASON = 60
_WHERE = "Open the card"
_PRESSING = (
    Stage.NEEDS_APPROVAL, Stage.FAILED, Stage.NEEDS_PERSON, Stage.FIXING, Stage.MONITORING,
    Stage.INVESTIGATING,
)  # fmt: skip


def storm_thread(scene: StormScene) -> list[Slot]:
    """The root first. The same scene gives the same slots."""
    slots = [_card(scene)]
    for ring in scene.rings:
        slots.append(_call(scene, ring))
        slots += [_direct(scene, ring, user) for user in ring.direct]
    return slots


def _card(scene: StormScene) -> Slot:
    still_open, count = scene.open, len(scene.rows)
    stage = _stage(scene)
    rows = sorted(scene.rows, key=lambda row: (row.resolved_at is not None, row.severity))
    lines = [_row(row) for row in rows[:SHOWN]]
    if count > SHOWN:
        words = Counter(row.stage.word.lower() for row in rows[SHOWN:])
        told = ", ".join(f"{many} {word}" for word, many in words.most_common())
        lines.append(f"{count - SHOWN} more: {told}")
    opened = [row.opened_at for row in scene.rows if row.opened_at]
    facts = [f"{stage.emoji} {stage.word}", scene.id, f"since {clock(min(opened))}"]
    if not still_open:
        over = max(row.resolved_at for row in scene.rows if row.resolved_at)
        facts.append(f"over in {lasting(min(opened), over)}")
    taken = _taken(scene)
    facts += [taken] if taken else []
    open_words = f"{len(still_open)} of {count} incidents open"
    buttons = _buttons(scene)
    within = lasting(min(opened), max(opened))
    return Slot(
        id=ROOT,
        text=noticed(f"{scene.id}: {open_words}, opened within {within}"),
        blocks=(
            header(f"Storm · {stage.word} · {open_words}"),
            # Escaped, ten rows can be more than one section holds.
            *(
                section("\n".join(lines[n : n + _TOGETHER]))
                for n in range(0, len(lines), _TOGETHER)
            ),
            context(" · ".join(facts)),
            *buttons,
        ),
        state=f"{bool(still_open)}:{taken}",
    )


def _row(row: Row) -> str:
    name = anchor(row.incident, row.link) if row.link else row.incident
    return f"*{row.severity.upper()}* {row.stage.word} · {name} · {said(row.title, _TITLE)}"


def _stage(scene: StormScene) -> Stage:
    """The most pressing of what is open."""
    there = {row.stage for row in scene.open}
    return next((stage for stage in _PRESSING if stage in there), Stage.RESOLVED)


def _taken(scene: StormScene) -> str:
    """`Maya is on it`; with how many, where others are nobody's yet."""
    taken = [row.taken_by for row in scene.open if row.taken_by]
    if not taken:
        return ""
    names = ", ".join(scene.people.name(user) for user in dict.fromkeys(taken))
    verb = "is" if len(set(taken)) == 1 else "are"
    part = "" if len(taken) == len(scene.open) else f" ({len(taken)} of {len(scene.open)})"
    return f"{names} {verb} on it{part}"


def _buttons(scene: StormScene) -> tuple[Block, ...]:
    elements: list[Block] = []
    if any(row.taken_by is None for row in scene.open):
        elements.append(_take(scene))
    offered = [row for row in scene.open if not row.has_card][:_OFFERED]
    if offered:
        options = [
            {
                "text": {"type": "plain_text", "text": cut(f"{row.incident} {row.title}", 75)},
                "value": row.incident,
            }
            for row in offered
        ]
        elements.append(
            {
                "type": "static_select",
                "action_id": ids.STORM_OPEN,
                "placeholder": {"type": "plain_text", "text": "Open thread"},
                "options": options,
            }
        )
    return ({"type": "actions", "elements": elements},) if elements else ()


def _take(scene: StormScene) -> Block:
    return button("I'm on it", ids.STORM_TAKE, f"Take all of {scene.id}", value=scene.id)


def _call(scene: StormScene, ring: Ring) -> Slot:
    to = ring.people or ring.first.call.to
    lead = f"{scene.people.all_mentions(to)} {scene.id} needs you: "
    after = _next_in_line(scene, ring)
    left = max(_LEAST_REASON, _LONGEST - len(read(lead + after)))
    blocks: list[Block] = [section(lead + said(_reason(ring), left) + after)]
    if ring.instead:
        blocks.append(context(said(ring.instead, _LONGEST)))
    taken = _taken(scene)
    if ring is scene.rings[-1] and scene.open:
        untaken = any(row.taken_by is None for row in scene.open)
        blocks += [context(f"{taken}.")] if taken else []
        blocks += [{"type": "actions", "elements": [_take(scene)]}] if untaken else []
    return Slot(
        id=ring.id,
        text=noticed(f"{scene.id} needs a person: {_reason(ring)}"),
        blocks=tuple(blocks),
        state=taken,
        rings=True,
        moot=ring.answered,
    )


def _direct(scene: StormScene, ring: Ring, user: str) -> Slot:
    """The same to one person alone, as it was when it was first said."""
    where = f" <{scene.link}|{_WHERE}>" if scene.link else ""
    text = f"{scene.id} needs you: {ring.first.incident} and others: {ring.first.call.reason}"
    return Slot(
        id=f"{ring.id}:{user}",
        text=noticed(text),
        blocks=(section(said(text, _LONGEST - len(_WHERE)) + where),),
        channel=user,
        rings=True,
        moot=ring.answered,
    )


def _reason(ring: Ring) -> str:
    """`50 incidents, the first INC-1: the cause is not known`; not escaped."""
    first, count = ring.first, len({shared.incident for shared in ring.calls})
    who = first.incident if count == 1 else f"{count} incidents, the first {first.incident}"
    return f"{who}: {first.call.reason}"


def _next_in_line(scene: StormScene, ring: Ring) -> str:
    then = ring.first.call.then
    if ring is not scene.rings[-1] or ring.until is None or not then:
        return ""
    names = cut(", ".join(scene.people.plain(who) for who in then), 40)
    verb = "is" if len(then) == 1 else "are"
    return f". {said(names, 40)} {verb} asked at {clock(ring.until)}."
