"""Why a click had no effect, or may have none, in short sentences."""

from __future__ import annotations

from contextlib import suppress

from slack_sdk.errors import SlackApiError

from bot.domain.ports import NotConfirmedError, RotaUnreadableError
from bot.domain.refusals import (
    AlreadyDecidedError,
    CommandHeldError,
    CommandRefusedError,
    ExpiredError,
)
from bot.domain.values import COMMANDER
from bot.incidents.approvals import NotAllowedError
from bot.slack.directory import SlackDirectory
from bot.slack.views.text import clock, safe, said

_REASON = 500
_MOST_NAMES = 3


async def told(refused: CommandRefusedError, directory: SlackDirectory) -> str:
    """For the person who clicked; names people plainly and mentions nobody."""
    match refused:
        case NotAllowedError():
            people = await directory.people(set(refused.approvers))
            who = " or ".join(people.name(a) for a in refused.approvers) or "somebody else"
            words = f"You can't {refused.act} this: needs {who}."
            words += await _asked(refused, directory)
            if refused.unreadable:
                words += f" Who that is can't be told now: {safe('; '.join(refused.unreadable))}."
            return words
        case AlreadyDecidedError():
            name = safe(await directory.name(refused.by))
            return f"Already {refused.choice} by {name} {clock(refused.at)}."
        case CommandHeldError():
            name = safe(await directory.name(refused.by))
            return f"{name} commands {refused.incident}, and has to hand it over first."
        case ExpiredError():
            return f"Expired {clock(refused.at)}. Nothing ran."
        case _:
            text = said(str(refused), _REASON)
            return f"{text[:1].upper()}{text[1:]}."


async def _asked(refused: NotAllowedError, directory: SlackDirectory) -> str:
    """` Maya was asked 02:26.`; empty where nobody was, or nobody can be told."""
    if refused.asked_at is None:
        return ""
    people: set[str] = {refused.commander} if refused.commander else set()
    if COMMANDER not in refused.approvers:
        people = set()
    for handle in refused.approvers:
        if handle != COMMANDER:
            with suppress(RotaUnreadableError, SlackApiError):
                people |= await directory.audience(handle)
    names = [safe(await directory.name(user)) for user in sorted(people)[:_MOST_NAMES]]
    if not names:
        return ""
    more = len(people) - len(names)
    listed = [*names, f"{more} more"] if more else names
    told = " and ".join(part for part in (", ".join(listed[:-1]), listed[-1]) if part)
    return f" {told} {'was' if len(people) == 1 else 'were'} asked {clock(refused.asked_at)}."


def failed(error: Exception) -> str:
    """For the person who clicked, where something of ours failed and not the click was refused."""
    if isinstance(error, NotConfirmedError):
        return (
            "It is recorded and counts, but my ledger didn't confirm that it will last. See what"
            " the thread says before you do it again."
        )
    return "That didn't work, nothing was changed. Try again."
