"""The lists of the Home tab: what waits for this person, what they command, what is open."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.domain.incident import Incident
from bot.domain.values import Ask
from bot.incidents.deciding import Waits
from bot.slack import ids
from bot.slack.home_scene import HomeScene
from bot.slack.scene import stage_of
from bot.slack.views.links import anchor
from bot.slack.views.plan_lines import what
from bot.slack.views.text import Block, button, clock, context, header, said, section

_MOST = 10
"""Rows of a list; the rest is counted."""
_TITLE = 120
_CHANGE = 200


def deciding(home: HomeScene) -> list[Block]:
    """Whatever expires first, first, with a link to the message that is approved."""
    blocks = [header("Waiting for you")]
    if not home.deciding:
        return [*blocks, section("Nothing waits for you.")]
    for each in home.deciding[:_MOST]:
        blocks.append(_decision(home, each))
    return [*blocks, *_more(home.deciding)]


def commanding(home: HomeScene) -> list[Block]:
    """Left out where this person commands nothing."""
    if not home.commanding:
        return []
    rows = [section(_row(home, incident, own=True)) for incident in home.commanding[:_MOST]]
    return [header("You command"), *rows, *_more(home.commanding)]


def open_incidents(home: HomeScene) -> list[Block]:
    """Most severe first, then longest open."""
    blocks = [header("Open incidents")]
    if not home.sees:
        words = "You see incidents here once you are in the channel in which I open them."
        return [*blocks, section(words)]
    if not home.open:
        return [*blocks, section("None. All is quiet.")]
    rows = [section(_row(home, incident)) for incident in home.open[:_MOST]]
    return [*blocks, *rows, *_more(home.open, f", in <#{home.channel}>" if home.channel else "")]


def _decision(home: HomeScene, each: Waits) -> Block:
    incident, plan = each.incident, each.plan
    risk = plan.verdict.risk if isinstance(plan.verdict, Ask) else None
    facts = [
        f"Risk {risk}" if risk else "",
        f"expires {clock(plan.expires_at)}" if plan.expires_at else "",
        f"plan {plan.digest[:4]}",
    ]
    lines = [
        f"*{_name(home, incident)}* · {incident.severity.upper()} · {said(incident.title, _TITLE)}",
        said(what(plan.plan), _CHANGE),
        " · ".join(fact for fact in facts if fact),
    ]
    if each.own:
        lines.append("You asked for it yourself: you can reject it, somebody else has to approve.")
    block = section("\n".join(lines))
    link = home.links.get(incident.id, {}).get(f"approval:{plan.plan.id}")
    if not link:
        return block
    heard = f"Review the fix for {incident.id}"
    return {**block, "accessory": button("Review", ids.OPEN_APPROVAL, heard, url=link)}


def _row(home: HomeScene, incident: Incident, *, own: bool = False) -> str:
    """`own`: whose command it is need not be said."""
    stage, commander = stage_of(incident), "" if own else incident.commander
    facts = [
        f"{stage.emoji} {stage.word}{', stopped' if incident.stop else ''}",
        f"since {_day(incident.opened_at, home.at)}{clock(incident.opened_at)}"
        if incident.opened_at
        else "",
        said(incident.service, 40) if incident.service else "",
        f"Commander {home.people.name(commander)}" if commander else "",
    ]
    title = said(incident.title, _TITLE)
    return (
        f"*{_name(home, incident)}* · {incident.severity.upper()} · {title}\n"
        f"{' · '.join(fact for fact in facts if fact)}"
    )


def _day(at: datetime, now: datetime | None) -> str:
    """`21 Nov ` where it was not today."""
    today = now is None or at.astimezone().date() == now.astimezone().date()
    return "" if today else f"{at.astimezone():%-d %b} "


def _name(home: HomeScene, incident: Incident) -> str:
    """Its id, as a link once its card is posted."""
    link = home.links.get(incident.id, {}).get("card")
    return anchor(incident.id, link) if link else incident.id


def _more(rows: Sequence[object], where: str = "") -> list[Block]:
    more = len(rows) - _MOST
    return [context(f"{more} more{where}")] if more > 0 else []
