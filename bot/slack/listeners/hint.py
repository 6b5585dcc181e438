"""`@opsbot try replica-1 instead`, in an incident's thread."""

from __future__ import annotations

import logging
import re

from bot.domain.ports import NotConfirmedError
from bot.domain.refusals import CommandRefusedError
from bot.incidents.question import Question
from bot.slack.listeners import sight
from bot.slack.listeners.deps import Deps
from bot.slack.listeners.refusal import failed, told
from bot.slack.views.hint import hint_taken
from bot.slack.views.text import read

log = logging.getLogger(__name__)
_STEERS = re.compile(
    r"(please |pls |hint:? |maybe |can you |could you )*"
    r"(try|look (at|into|in|for)|have a look|check|consider|focus on|use|investigate|suspect"
    r"|i (think|suspect|bet|guess)|it (could|might|may) be|it's probably|ignore|don't look|not the)"
    r"\b.{2,}",
    re.IGNORECASE | re.DOTALL,
)
_ONLY_READING = (
    "In a direct message I only read. Say it in the incident's thread, where everybody sees it."
)


async def hinted(deps: Deps, asked: Question) -> str | None:
    """What became of the hint; None where it was none, and so is a question."""
    incident = asked.incident or asked.talked_of
    if incident is None or not _STEERS.fullmatch(asked.text) or asked.text.endswith("?"):
        return None
    if asked.direct:
        return _ONLY_READING
    try:
        await _require(deps, asked, incident)
        taken = await deps.hints.give(incident, asked.by, read(asked.text))
    except CommandRefusedError as refused:
        return await told(refused, deps.directory)
    except NotConfirmedError as error:
        log.warning("a hint in %s: %s", incident, error)
        return failed(error)
    return hint_taken(await deps.teller.told(taken.incident), taken)


async def _require(deps: Deps, asked: Question, incident: str) -> None:
    """Raises CommandRefusedError where the incident may not be talked about."""
    if not await deps.teller.may_tell(asked, await deps.answers.load(incident)):
        raise CommandRefusedError(sight.NOT_YOURS)
