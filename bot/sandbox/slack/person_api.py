"""The page's own JSON: what a person sees, says, clicks and submits."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from aiohttp import web
from pydantic import ValidationError

from bot.sandbox.slack import interactions
from bot.sandbox.slack.directory import Conversation
from bot.sandbox.slack.errors import PersonError
from bot.sandbox.slack.live import Live
from bot.sandbox.slack.mentions import stored_text
from bot.sandbox.slack.messages import Json, Message
from bot.sandbox.slack.orders import (
    Click,
    Close,
    LookAt,
    OpenHome,
    PickShortcut,
    React,
    Say,
    Stop,
    Submit,
)
from bot.sandbox.slack.state import SlackState

_PAGE = Path(__file__).with_name("page")
_FILES = {"": "index.html"} | {path.name: path.name for path in _PAGE.glob("*.[jc]s*")}
_TYPES = {".html": "text/html", ".js": "text/javascript", ".css": "text/css"}


class PersonApi:
    """Acts for the person a request names; refuses in words meant for that person."""

    def __init__(self, state: SlackState, live: Live) -> None:
        self._state = state
        self._live = live

    def routes(self) -> list[web.RouteDef]:
        """What is served below the page's token."""
        posts: dict[str, Callable[[Any], Awaitable[Json]]] = {
            "say": lambda body: self._say(Say.model_validate(body)),
            "click": lambda body: self._click(Click.model_validate(body)),
            "submit": lambda body: self._submit(Submit.model_validate(body)),
            "close": lambda body: self._close(Close.model_validate(body)),
            "react": lambda body: self._react(React.model_validate(body)),
            "open_home": lambda body: self._open_home(OpenHome.model_validate(body)),
            "shortcut": lambda body: self._shortcut(PickShortcut.model_validate(body)),
            "stop": lambda body: self._stop(Stop.model_validate(body)),
            "look_at": lambda body: self._look_at(LookAt.model_validate(body)),
        }
        return [
            web.get("/{token}/state", self._state_of),
            web.get("/{token}/live", self._live_of),
            *(web.post(f"/{{token}}/{name}", _answering(act)) for name, act in posts.items()),
            web.get("/{token}/{file:[a-z_.]*}", _file),
        ]

    async def _state_of(self, request: web.Request) -> web.Response:
        try:
            return web.json_response(self._live.snapshot(self._person(request.query.get("user"))))
        except PersonError as error:
            return _refusal(error)

    async def _live_of(self, request: web.Request) -> web.StreamResponse:
        try:
            return await self._live.serve(request, self._person(request.query.get("user")))
        except PersonError as error:
            return _refusal(error)

    async def _say(self, order: Say) -> Json:
        user = self._person(order.user)
        place = self._place(user, order.channel)
        if user not in place.members:
            raise PersonError(403, "not_in_channel", f"You aren't a member of #{place.name}.")
        if place.is_archived:
            raise PersonError(403, "is_archived", f"#{place.name} is archived.")
        if order.text.startswith("/"):
            return await self._command(user, place, order)
        thread_ts = self._root(place, order.thread_ts) if order.thread_ts else None
        message = self._state.history.post(
            Message(
                channel=place.id,
                ts=self._state.history.clock.next(),
                user=user,
                text=stored_text(order.text, self._state.directory),
                thread_ts=thread_ts,
            )
        )
        return {"channel": place.id, "ts": message.ts}

    async def _command(self, user: str, place: Conversation, order: Say) -> Json:
        name, _, text = order.text.strip().partition(" ")
        declared = {command.command: command for command in self._state.workspace.app.commands}
        if name not in declared:
            words = (
                f"{name} is not a valid command. To send a message that begins with a slash, "
                "put a space before it."
            )
            raise PersonError(400, "no_such_command", words)
        if order.thread_ts:
            words = f"{name} can't be used in threads. Type it in the channel."
            raise PersonError(400, "not_in_thread", words)
        text = text.strip()
        if declared[name].should_escape:
            text = stored_text(text, self._state.directory, labelled=True)
        ack = await interactions.command(self._state, user, place.id, name, text)
        return {"ack_ms": _ms(ack.seconds)}

    async def _click(self, order: Click) -> Json:
        user = self._person(order.user)
        block, action, value = order.block_id, order.action_id, order.value
        if order.view_id:
            ack = await interactions.click_in_view(
                self._state, user, order.view_id, block, action, value
            )
        else:
            message = self._message(user, order.channel, order.ts)
            ack = await interactions.click(
                self._state, user, message, block, action, value, stale=order.stale
            )
        return {"ack_ms": _ms(ack.seconds)}

    async def _submit(self, order: Submit) -> Json:
        user = self._person(order.user)
        ack, errors = await interactions.submit(self._state, user, order.view_id, order.values)
        return {"ack_ms": _ms(ack.seconds) if ack else None, "errors": errors}

    async def _close(self, order: Close) -> Json:
        await interactions.close(self._state, self._person(order.user), order.view_id)
        return {}

    async def _react(self, order: React) -> Json:
        user = self._person(order.user)
        message = self._message(user, order.channel, order.ts)
        change = self._state.history.unreact if order.remove else self._state.history.react
        return {"changed": change(message, user=user, name=order.name)}

    async def _open_home(self, order: OpenHome) -> Json:
        user = self._person(order.user)
        place = self._state.directory.open_dm(user)
        if order.tab == "home" and not self._state.workspace.app.home_tab:
            raise PersonError(404, "no_home_tab", "opsbot has no Home tab.")
        view = self._state.views.home_of(user)
        self._state.events.home_opened(user, place.id, order.tab, view)
        return {"channel": place.id}

    async def _shortcut(self, order: PickShortcut) -> Json:
        user = self._person(order.user)
        message = self._message(user, order.channel, order.ts) if order.ts else None
        ack = await interactions.shortcut(self._state, user, order.callback_id, message)
        return {"ack_ms": _ms(ack.seconds)}

    async def _stop(self, order: Stop) -> Json:
        user = self._person(order.user)
        place = self._place(user, order.channel)
        root = self._root(place, order.thread_ts)
        return {"stopped": interactions.stop_session(self._state, user, place.id, root)}

    async def _look_at(self, order: LookAt) -> Json:
        user = self._person(order.user)
        place, own = self._place(user, order.channel), self._state.directory.open_dm(user)
        self._state.events.context_changed(user, own.id, place.id)
        return {}

    def _person(self, key: str | None) -> str:
        user = self._state.directory.user(key or "")
        if user is None or user.is_bot or user.deleted:
            raise PersonError(404, "user_not_found", f"There is no person {key!r} here.")
        # A direct message with the bot stands in everyone's list, as a Slack app's does.
        self._state.directory.open_dm(user.id)
        return user.id

    def _place(self, user: str, key: str) -> Conversation:
        directory = self._state.directory
        bot = directory.users[directory.bot]
        if key in (bot.id, f"@{bot.name}"):
            return directory.open_dm(user)
        place = directory.find(key)
        if place is None or not directory.may_see(user, place):
            raise PersonError(404, "channel_not_found", f"You can't see a channel {key!r}.")
        return place

    def _message(self, user: str, channel: str, ts: str) -> Message:
        message = self._state.history.get(self._place(user, channel).id, ts)
        if message is None or message.only_for not in (None, user):
            raise PersonError(404, "message_not_found", "That message is gone.")
        return message

    def _root(self, place: Conversation, thread_ts: str) -> str:
        root = self._state.history.get(place.id, thread_ts)
        if root is None or root.only_for is not None:
            raise PersonError(404, "thread_not_found", "That thread is gone.")
        return root.thread_ts or root.ts


def _answering(
    act: Callable[[Any], Awaitable[Json]],
) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def answer(request: web.Request) -> web.Response:
        # A form from a foreign page can't carry this type without asking first.
        if request.content_type != "application/json":
            return _refusal(PersonError(415, "not_json", "Send JSON as application/json."))
        try:
            body = await request.json()
        except ValueError:
            return _refusal(PersonError(400, "not_json", "The body is not JSON."))
        try:
            return web.json_response({"ok": True, **await act(body)})
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            field = ".".join(str(part) for part in first["loc"])
            return _refusal(PersonError(400, "bad_request", f"{field}: {first['msg']}"))
        except PersonError as error:
            return _refusal(error)

    return answer


async def _file(request: web.Request) -> web.Response:
    name = _FILES.get(request.match_info["file"])
    if name is None:
        raise web.HTTPNotFound(text="There is nothing at this address.")
    path = _PAGE / name
    kind = _TYPES[path.suffix]
    return web.Response(text=path.read_text("utf-8"), content_type=kind, charset="utf-8")


def _refusal(error: PersonError) -> web.Response:
    answer = {"ok": False, "error": error.code, "words": error.words}
    return web.json_response(answer, status=error.status)


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 1)
