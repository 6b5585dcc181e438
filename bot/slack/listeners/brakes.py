"""`stop` and `resume`, by whoever may say it."""

from __future__ import annotations

import logging

from bot.domain.ports import NotConfirmedError
from bot.incidents.approvals import NotAllowedError
from bot.slack.grammar import Brake
from bot.slack.listeners.deps import Deps
from bot.slack.listeners.refusal import failed
from bot.slack.views.brakes import resume_answer, stop_answer
from bot.slack.views.text import read, said

log = logging.getLogger(__name__)


async def scope_of(deps: Deps, command: Brake, incident: str | None) -> tuple[str | None, str]:
    """What it is for, and the reason. `incident`: the thread's, where nothing else is named."""
    word, _, rest = command.rest.partition(" ")
    scope = await deps.brakes.brakes.scope(word.strip("`.,;:!"))
    if scope is None:
        scope, rest = incident, command.rest
    return scope, read(rest).strip() or "no reason given"


async def brake(deps: Deps, user: str, verb: str, scope: str, reason: str) -> str:
    """What to answer. Raises CommandRefusedError."""
    try:
        if verb == "stop":
            return stop_answer(scope, await deps.brakes.stop(scope, user, reason))
        return resume_answer(scope, await deps.brakes.resume(scope, user, reason))
    except NotAllowedError as refused:
        people = await deps.directory.people(set(refused.approvers))
        who = " or ".join(people.name(a) for a in refused.approvers) or "an approver"
        return f"You can't resume {said(scope, 40)}: that needs {who}. It stays as it is."
    except NotConfirmedError as error:
        log.warning("%s %s: %s", verb, scope, error)
        return failed(error)
