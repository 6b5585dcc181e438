"""`@opsbot stop` and `@opsbot resume`, by whoever may say it."""

from __future__ import annotations

import logging
import re

from bot.domain.ports import NotConfirmedError
from bot.domain.refusals import CommandRefusedError
from bot.incidents.approvals import NotAllowedError
from bot.incidents.question import Question
from bot.slack.listeners.deps import Deps
from bot.slack.listeners.refusal import failed, told
from bot.slack.views.brakes import resume_answer, stop_answer, which_scope
from bot.slack.views.text import read, said

log = logging.getLogger(__name__)
_COMMAND = re.compile(r"(stop|resume)\b[\s:,]*(\S*)\s*(.*)", re.IGNORECASE | re.DOTALL)


async def braked(deps: Deps, asked: Question) -> str | None:
    """What to answer; None where it was no such command, and so is a question.

    `stop <scope> <reason>`; in an incident's thread the scope may be left out.
    """
    command = _COMMAND.fullmatch(asked.text)
    if command is None:
        return None
    verb, word, rest = command[1].lower(), command[2].strip("`.,;:!"), command[3]
    brakes = deps.brakes.brakes
    scope = await brakes.scope(word)
    if scope is None and asked.incident:
        scope, rest = asked.incident, f"{command[2]} {rest}"
    if scope is None:
        return which_scope(verb, brakes.services)
    reason = read(rest).strip() or "no reason given"
    try:
        if verb == "stop":
            return stop_answer(scope, await deps.brakes.stop(scope, asked.by, reason))
        return resume_answer(scope, await deps.brakes.resume(scope, asked.by, reason))
    except NotAllowedError as refused:
        people = await deps.directory.people(set(refused.approvers))
        who = " or ".join(people.name(a) for a in refused.approvers) or "an approver"
        return f"You can't resume {said(scope, 40)}: that needs {who}. It stays as it is."
    except CommandRefusedError as refused:
        return await told(refused, deps.directory)
    except NotConfirmedError as error:
        log.warning("%s %s: %s", verb, scope, error)
        return failed(error)
