"""`@opsbot help`, a hello, and a "yes" that would like to approve."""

from __future__ import annotations

import re
from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.incidents.question import Question
from bot.slack.listeners.deps import Deps
from bot.slack.views.help import help_text, no_consent

_HELLO = re.compile(
    r"(help|help me|hello|hi|hey|hallo|good (morning|evening|day)|moin|\?+|what can (you do|i ask)"
    r"|how do (you|i use you)( work)?|commands|usage)?[\s!.?]*",
    re.IGNORECASE,
)
_YES_WORDS = (
    "yes yep yeah ok okay sure lgtm approve approved go confirm confirmed accept proceed ship run"
    " do +1 👍"
)
_YES = frozenset(_YES_WORDS.split())
_BESIDE_WORDS = "please pls i we you it that this the fix plan thumbsup ahead for now thanks a"
_BESIDE = frozenset(_BESIDE_WORDS.split())
"""Words that may stand beside a yes without making it a question."""
_MOST_WORDS = 8
_PROMPTS = [
    {"title": "What is open?", "message": "What are you doing now?"},
    {"title": "Why is it failing?", "message": "Why is it failing?"},
    {"title": "What changed?", "message": "What changed?"},
    {"title": "What can I ask?", "message": "help"},
]


def register(app: AsyncApp) -> None:
    """Suggests what to ask to whoever opens the direct message."""

    @app.event("app_home_opened", matchers=[_of_messages])
    async def opened(event: dict[str, Any], client: AsyncWebClient) -> None:
        # With a thread_ts, which Bolt's own helper sends, Slack drops them without a word.
        try:
            await client.assistant_threads_setSuggestedPrompts(
                channel_id=event["channel"], prompts=_PROMPTS
            )
        except SlackApiError as error:
            if error.response.get("error") != "unknown_method":
                raise


async def _of_messages(event: dict[str, Any]) -> bool:
    return event.get("tab") == "messages"


async def greeted(deps: Deps, asked: Question) -> str | None:
    """None where it was no greeting, and so is a question."""
    return help_text() if _HELLO.fullmatch(asked.text) else None


async def consented(deps: Deps, asked: Question) -> str | None:
    """Where to press, to whoever says yes; None where nobody does. Never an approval."""
    said = re.findall(r"[a-z0-9+👍]+", asked.text.lower())
    known = set(said) <= _YES | _BESIDE and "?" not in asked.text
    if not known or not set(said) & _YES or len(said) > _MOST_WORDS:
        return None
    about = asked.incident or asked.talked_of
    found = [await deps.answers.load(about)] if about else []
    found = [i for i in found if i.exists and await deps.teller.may_tell(asked, i)]
    return no_consent(await deps.teller.told(found[0]) if found else None)
