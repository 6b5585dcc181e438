"""What somebody is answered who types a command."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.domain.incident import Incident
from bot.domain.plan_state import PlanState
from bot.incidents.deciding import Waits
from bot.slack import ids
from bot.slack.grammar import LONGEST, Command
from bot.slack.scene import stage_of
from bot.slack.views.links import anchor
from bot.slack.views.text import Block, People, button, clock, cut, lasting, said
from tools.kit.types import Frozen

MOST_ROWS = 10
MOST_PICKED = 5
_TITLE = 80
_WORDS = 200


class Answer(Frozen):
    """What to say, escaped, and whether to that person alone even where all can read."""

    text: str
    blocks: tuple[Block, ...] = ()
    private: bool = False


def help_lines() -> list[str]:
    return [
        "*Type after* `/opsbot`*, or say to* `@opsbot`*; in an incident's thread without its id:*",
        "`list [open|mine]` · `approvals` · `status|catchup [INC]`",
        "`open &lt;what is wrong&gt; [sev1-4]`",
        "`stop [INC|service|all] &lt;why&gt;` · `resume [INC|service|all]`",
        "`sev INC 1-4 &lt;why&gt;`",
        "`commander INC @user` · `handoff INC @user`",
        "`resolve INC &lt;how it ended&gt;` · `reopen INC &lt;why&gt;`",
        "`follow INC|service [dm|#channel] [milestones|all]` · `unfollow INC|service|all`",
        "`quiet 22:00-07:00|off`",
        "Nothing is approved by command: the dry run has to be seen, *Approve* stands below it.",
    ]


def help_answer(misunderstood: str = "") -> Answer:
    """`misunderstood`: what was typed that is no command."""
    first = f"I don't know `{said(misunderstood, 40)}`." if misunderstood else ""
    return Answer(text="\n".join([*filter(None, [first]), *help_lines()]))


def rows(title: str, found: Sequence[Incident], people: People, links: Mapping[str, str]) -> Answer:
    """A line each. `links`: incident → its card."""
    if not found:
        return Answer(text=f"{title}: none.")
    lines = [f"*{title}: {len(found)}*"]
    lines += [f"• {_row(incident, people, links)}" for incident in found[:MOST_ROWS]]
    if len(found) > MOST_ROWS:
        lines.append(f"{len(found) - MOST_ROWS} more")
    return Answer(text="\n".join(lines))


def _row(incident: Incident, people: People, links: Mapping[str, str]) -> str:
    facts = [incident.severity.upper(), stage_of(incident).word, said(incident.title, _TITLE)]
    if incident.commander:
        facts.append(f"Commander {people.name(incident.commander)}")
    if incident.opened_at and incident.resolved_at:
        facts.append(lasting(incident.opened_at, incident.resolved_at))
    elif incident.opened_at:
        facts.append(f"since {clock(incident.opened_at)}")
    return f"{linked(incident.id, links)} · {' · '.join(facts)}"


def linked(incident_id: str, links: Mapping[str, str]) -> str:
    name = said(incident_id, 40)
    return anchor(name, links[incident_id]) if incident_id in links else name


def approvals(waiting: Sequence[Waits], links: Mapping[str, str]) -> Answer:
    """`links`: incident → the approval of its plan."""
    if not waiting:
        return Answer(text="No approval waits.")
    mine = sum(waits.mine for waits in waiting)
    lines = [f"*{len(waiting)} approvals wait, {mine} for you*"]
    if len(waiting) == 1:
        lines = [f"*1 approval waits{', for you' if mine else ', not for you'}*"]
    lines += [f"• {_waits(each, links)}" for each in waiting[:MOST_ROWS]]
    if len(waiting) > MOST_ROWS:
        lines.append(f"{len(waiting) - MOST_ROWS} more")
    return Answer(text="\n".join(lines))


def _waits(waits: Waits, links: Mapping[str, str]) -> str:
    incident, plan = waits.incident, waits.plan
    risk = plan.verdict.risk if plan.verdict.kind == "ask" else None
    facts = [said("; ".join(step.dry_run.summary for step in plan.plan.steps), _TITLE)]
    facts += [f"{risk} risk"] if risk else []
    facts += [f"by {clock(plan.expires_at)}"] if plan.expires_at else []
    facts += ["you may decide"] if waits.mine else []
    link = links.get(incident.id)
    review = f" · {anchor('Review', link)}" if link else ""
    return f"{said(incident.id, 40)} · {' · '.join(facts)}{review}"


def where_to_decide(incident: Incident, link: str | None) -> Answer:
    """To whoever types `approve`."""
    fix = incident.fix
    first = "Nothing is approved or rejected by command: the dry run has to be seen."
    if fix is None or fix.expires_at is None or stage_of(incident).name != "NEEDS_APPROVAL":
        return Answer(text=f"{first} In {said(incident.id, 40)} no fix waits for it.")
    there = anchor("in its thread", link) if link else "in its thread"
    return Answer(text=f"{first} Press *Approve* or *Reject* {there}, by {clock(fix.expires_at)}.")


def picker(command: Command, found: Sequence[Incident], why: str = "") -> Answer:
    """Buttons for a few incidents; pressing one does what was asked for."""
    if not found:
        return Answer(text=why or "There is no such incident now.", private=True)
    elements = [
        button(
            cut(f"{incident.id} · {incident.title}", 70),
            f"{ids.PICK}:{number}",
            f"{command.verb} {incident.id}",
            value=command.about(incident.id)[:LONGEST],
        )
        for number, incident in enumerate(found[:MOST_PICKED], start=1)
    ]
    words = why or f"Which incident do you mean, for `{said(command.verb, 20)}`?"
    return Answer(text=words, blocks=({"type": "actions", "elements": elements},), private=True)


def opened(incident: Incident, others: Sequence[Incident], *, fresh: bool) -> Answer:
    """`others`: open ones of the same service."""
    what = "is open" if fresh else "was opened for that already"
    service = f", {said(incident.service, 40)}" if incident.service else ""
    text = (
        f"*{said(incident.id, 40)} {what}:* {said(incident.title, _WORDS)}"
        f" ({incident.severity.upper()}{service}). I look into it in its thread."
    )
    if fresh and others:
        also = ", ".join(said(other.id, 40) for other in others[:3])
        text += f" Open on {said(incident.service, 40)} as well: {also}."
    return Answer(text=text)


def severity_set(incident: Incident) -> Answer:
    change = incident.severity_changes[-1]
    text = (
        f"{said(incident.id, 40)} is {change.severity.upper()} now, it was"
        f" {change.before.upper()}: {said(change.reason, _WORDS)}"
    )
    return Answer(text=text, private=True)


def command_taken(incident: Incident) -> Answer:
    return Answer(text=f"You command {said(incident.id, 40)}.", private=True)


def command_offered(incident: Incident, to: str, people: People) -> Answer:
    name, holds = people.name(to), "nobody commands"
    if incident.commander:
        holds = f"{people.name(incident.commander)} commands"
    text = f"{name} is asked to command {said(incident.id, 40)}. Until {name} accepts, {holds}."
    return Answer(text=text, private=True)


def resolved(incident: Incident) -> Answer:
    """With what was void because of it."""
    text = f"*{said(incident.id, 40)} is resolved:* {said(incident.resolution, _WORDS)}"
    void = [fix for fix in incident.fixes if _went_with_it(fix, incident)]
    plans = ", ".join(f"plan {fix.digest[:4]}" for fix in void)
    text += f". What waited for it is void and ran nothing: {plans}." if void else "."
    return Answer(text=text, private=True)


def _went_with_it(fix: PlanState, incident: Incident) -> bool:
    void = fix.void
    return void is not None and void.cause == "resolved" and void.at == incident.resolved_at


def reopened(incident: Incident) -> Answer:
    text = f"{said(incident.id, 40)} is open again, and you are on it. What was found out stays."
    if incident.stop:
        text += (
            f" So does the stop by {said(incident.stop.name, 40)}: nothing runs until it is lifted."
        )
    return Answer(text=text, private=True)
