"""Why a click had no effect, or may have none, in short sentences."""

from __future__ import annotations

from bot.domain.ports import NotConfirmedError
from bot.domain.refusals import (
    AlreadyDecidedError,
    CommandHeldError,
    CommandRefusedError,
    ExpiredError,
)
from bot.incidents.approvals import NotAllowedError
from bot.slack.directory import SlackDirectory
from bot.slack.views.text import clock, safe, said

_REASON = 500


async def told(refused: CommandRefusedError, directory: SlackDirectory) -> str:
    """For the person who clicked; names people plainly and mentions nobody."""
    match refused:
        case NotAllowedError():
            people = await directory.people(set(refused.approvers))
            who = " or ".join(people.name(a) for a in refused.approvers) or "somebody else"
            words = f"You can't approve this: needs {who}."
            if refused.unreadable:
                words += f" Who that is can't be told now: {safe('; '.join(refused.unreadable))}."
            return words
        case AlreadyDecidedError():
            name = safe(await directory.name(refused.by))
            return f"{refused.choice.capitalize()} already, by {name} {clock(refused.at)}."
        case CommandHeldError():
            name = safe(await directory.name(refused.by))
            return f"{name} commands {refused.incident}, and has to hand it over first."
        case ExpiredError():
            return f"Expired {clock(refused.at)}. Nothing ran."
        case _:
            text = said(str(refused), _REASON)
            return f"{text[:1].upper()}{text[1:]}."


def failed(error: Exception) -> str:
    """For the person who clicked, where something of ours failed and not the click was refused."""
    if isinstance(error, NotConfirmedError):
        return (
            "It is recorded and counts, but my ledger didn't confirm that it will last. See what"
            " the thread says before you do it again."
        )
    return "That didn't work, nothing was changed. Try again."
