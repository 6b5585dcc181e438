"""`agents.sessions.*` and `assistant.threads.*`: what the agent says it is doing."""

from __future__ import annotations

from typing import Any

from bot.sandbox.slack.errors import SlackError
from bot.sandbox.slack.messages import Json
from bot.sandbox.slack.traffic import TIER_3, TIER_4
from bot.sandbox.slack.web_api.arguments import Call, Method

STATUSES = frozenset({"processing", "active", "suspended", "closed"})
_TITLE_MOST = 200
_LOADING_MOST, _PROMPTS_MOST = 10, 4
_UNSTOPPABLE = "missing_agent_session_stopped_event_subscription"


async def set_status(call: Call) -> Json:
    """Says how the work in a thread stands; while processing people have a stop button."""
    channel, thread_ts = _thread(call)
    status = call.required("status")
    if status not in STATUSES:
        raise call.wrong(f"must be one of {', '.join(sorted(STATUSES))}: status is {status!r}")
    title = call.text("title")
    if len(title) > _TITLE_MOST:
        raise call.wrong(f"must be less than {_TITLE_MOST + 1} characters: title")
    session = call.state.sessions.set(channel, thread_ts, status, title)
    answer: Json = {"status": session.status, "agent_status": session.status}
    answer |= {"title": session.title} if session.title else {}
    if status == "processing" and "agent_session_stopped" not in call.state.workspace.app.events:
        answer["warning"] = _UNSTOPPABLE
    return answer


async def rename(call: Call) -> Json:
    """Gives a session another title."""
    channel, thread_ts = _thread(call)
    title = call.required("title")
    if len(title) > _TITLE_MOST:
        raise call.wrong(f"must be less than {_TITLE_MOST + 1} characters: title")
    if call.state.sessions.of(channel, thread_ts) is None:
        raise SlackError("session_not_found")
    call.state.sessions.rename(channel, thread_ts, title)
    return {"title": title}


async def set_thread_status(call: Call) -> Json:
    """Shows a line such as "is thinking…" in a thread; an empty one takes it away."""
    channel, thread_ts = _thread(call)
    loading = _strings(call, "loading_messages", _LOADING_MOST)
    call.state.sessions.say(channel, thread_ts, call.text("status"), tuple(loading))
    return {}


async def set_title(call: Call) -> Json:
    """Names a thread with the assistant; the local Slack lists none, so nothing shows it."""
    _thread(call)
    call.required("title")
    return {}


async def set_suggested_prompts(call: Call) -> Json:
    """Offers up to four prompts in a direct message.

    With an agent view a call that names a thread is answered as a success and shows nothing.
    """
    place = call.conversation("channel_id")
    if not place.is_im:
        raise SlackError("channel_type_not_supported")
    prompts = call.parsed("prompts", "invalid_arguments")
    if not isinstance(prompts, list) or not 1 <= len(prompts) <= _PROMPTS_MOST:
        raise call.wrong(f"must have 1 to {_PROMPTS_MOST} items: prompts")
    for prompt in prompts:
        if not isinstance(prompt, dict) or not all(
            isinstance(prompt.get(name), str) and prompt[name] for name in ("title", "message")
        ):
            raise call.wrong("each of prompts needs a title and a message")
    if not (call.text("thread_ts") and call.state.workspace.app.agent_view):
        call.state.sessions.suggest(place.id, call.text("title"), prompts)
    return {}


def _thread(call: Call) -> tuple[str, str]:
    place = call.conversation("channel_id")
    if call.state.directory.bot not in place.members:
        raise SlackError("not_in_channel")
    root = call.state.history.get(place.id, call.required("thread_ts"))
    if root is None or root.only_for is not None:
        raise SlackError("invalid_thread_ts")
    return place.id, root.thread_ts or root.ts


def _strings(call: Call, name: str, most: int) -> list[str]:
    given: Any = call.parsed(name, "invalid_arguments") or []
    if not isinstance(given, list) or not all(isinstance(item, str) for item in given):
        raise call.wrong(f"must be an array of strings: {name}")
    if len(given) > most:
        raise call.wrong(f"no more than {most} items allowed: {name}")
    return given


METHODS = {
    "agents.sessions.setStatus": Method(set_status, ("chat:write",), per_minute=TIER_3),
    "agents.sessions.rename": Method(rename, ("chat:write",), per_minute=TIER_3),
    "assistant.threads.setStatus": Method(
        set_thread_status, ("chat:write", "assistant:write"), per_minute=TIER_4
    ),
    "assistant.threads.setTitle": Method(set_title, ("assistant:write",), per_minute=TIER_3),
    "assistant.threads.setSuggestedPrompts": Method(
        set_suggested_prompts, ("assistant:write",), per_minute=TIER_3
    ),
}
