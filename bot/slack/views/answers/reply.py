"""The answer to each kind of question."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bot.incidents.intent import ASKABLE, Intent
from bot.slack.views.answers.changes import changes
from bot.slack.views.answers.doing import doing, ruled_out
from bot.slack.views.answers.duration import duration
from bot.slack.views.answers.history import history
from bot.slack.views.answers.impact import impact
from bot.slack.views.answers.plan import plan
from bot.slack.views.answers.responders import approvals, responders
from bot.slack.views.answers.safety import safety
from bot.slack.views.answers.told import Told
from bot.slack.views.answers.why import why
from bot.slack.views.catchup import catchup_lines

NO_MODEL = "From the ledger and runbooks; no model is set."
_ANSWERS: Mapping[Intent, Callable[[Told], str]] = {
    Intent.WHY: why,
    Intent.CHANGED: changes,
    Intent.IMPACT: impact,
    Intent.HOW_LONG: duration,
    Intent.WHO: responders,
    Intent.APPROVED: approvals,
    Intent.SAFE: safety,
    Intent.SEEN: history,
    Intent.DOING: doing,
    Intent.RULED_OUT: ruled_out,
    Intent.CATCH_UP: lambda told: "\n".join(catchup_lines(told.scene)),
    Intent.PLAN: plan,
}
OF_RECORD = frozenset(
    {Intent.HOW_LONG, Intent.WHO, Intent.APPROVED, Intent.SAFE, Intent.DOING, Intent.PLAN}
)
"""What the ledger alone knows: answered from it, also where a model is set."""


def reply(intent: Intent, told: Told) -> str:
    """Two to five short sentences, the answer first."""
    if intent is Intent.ANYTHING:
        asks = ", ".join(ASKABLE)
        return f"{why(told)}\nYou can ask: {asks}."
    return _ANSWERS[intent](told)
