"""What a person sees, and its changes as they happen."""

from __future__ import annotations

import asyncio

from aiohttp import web

from bot.sandbox.slack.messages import Change, Json, Message
from bot.sandbox.slack.shapes import group_json, message_json, user_json
from bot.sandbox.slack.state import SlackState

_MOST_BEHIND = 1_000


class Live:
    """Pushes each change to those who may see it; a reader far behind is told to reload."""

    def __init__(self, state: SlackState) -> None:
        self._state = state
        self._readers: list[tuple[str, web.WebSocketResponse, asyncio.Queue[Json]]] = []
        state.history.watchers.append(self._changed)
        state.views.watchers.append(self._views_changed)
        state.socket_mode.watchers.append(self._connections_changed)
        state.sessions.watchers.append(self._sessions_changed)

    def snapshot(self, user_id: str) -> Json:
        """Everything this person sees right now."""
        state = self._state
        workspace = state.workspace
        places = state.directory.seen_by(user_id)
        return {
            "team": workspace.team.model_dump(),
            "me": user_id,
            "bot": workspace.app.user,
            "commands": [command.model_dump() for command in workspace.app.commands],
            "shortcuts": [shortcut.model_dump() for shortcut in workspace.app.shortcuts],
            "home_tab": workspace.app.home_tab,
            "stoppable": "agent_session_stopped" in workspace.app.events,
            "connections": state.delivery.connections,
            "users": [user_json(user, workspace, with_email=False) for user in workspace.users],
            "groups": [group_json(group, workspace, with_users=True) for group in workspace.groups],
            "channels": [
                {
                    "id": place.id,
                    "name": place.name,
                    "topic": place.topic,
                    "is_im": place.is_im,
                    "is_private": place.is_private,
                    "is_archived": place.is_archived,
                    "is_member": user_id in place.members,
                    "members": place.members,
                }
                for place in places
            ],
            "messages": {
                place.id: [
                    self._shape(message, user_id)
                    for message in state.history.in_channel(place.id, viewer=user_id)
                ]
                for place in places
            },
            "views": state.views.opened_by(user_id),
            "home": state.views.home_of(user_id),
            "sessions": {place.id: state.sessions.in_channel(place.id) for place in places},
            "prompts": {place.id: state.sessions.prompts(place.id) for place in places},
        }

    async def serve(self, request: web.Request, user_id: str) -> web.WebSocketResponse:
        """Pushes changes to one reader until it leaves."""
        socket = web.WebSocketResponse(heartbeat=20)
        await socket.prepare(request)
        queue: asyncio.Queue[Json] = asyncio.Queue(maxsize=_MOST_BEHIND)
        reader = (user_id, socket, queue)
        self._readers.append(reader)
        sender = asyncio.create_task(_send_all(socket, queue))
        try:
            queue.put_nowait({"type": "hello", "connections": self._state.delivery.connections})
            async for _ in socket:
                pass
        finally:
            self._readers.remove(reader)
            sender.cancel()
        return socket

    async def stop(self) -> None:
        """Closes the readers' connections."""
        for _, socket, _ in list(self._readers):
            await socket.close(code=1001)

    def _changed(self, change: Change) -> None:
        message = change.message
        root = message.thread_ts if message.is_reply else None
        parent = None
        if root is not None and change.kind in ("posted", "deleted"):
            parent = self._state.history.get(message.channel, root)
        for user_id, queue in self._who_see(message.channel):
            if message.only_for is not None and message.only_for != user_id:
                continue
            if change.kind == "streamed" and message.stream_for != user_id:
                continue
            _put(queue, self._notice(change, user_id))
            if parent is not None:
                _put(queue, self._notice(Change(kind="changed", message=parent), user_id))

    def _who_see(self, channel: str) -> list[tuple[str, asyncio.Queue[Json]]]:
        place = self._state.directory.conversations[channel]
        may_see = self._state.directory.may_see
        return [(user, queue) for user, _, queue in self._readers if may_see(user, place)]

    def _notice(self, change: Change, viewer: str) -> Json:
        message = change.message
        if change.kind == "deleted":
            return {"type": "deleted", "channel": message.channel, "ts": message.ts}
        kind = "changed" if change.kind == "streamed" else change.kind
        return {"type": "message", "kind": kind, "message": self._shape(message, viewer)}

    def _views_changed(self, user_id: str) -> None:
        views = self._state.views
        shape = {
            "type": "views",
            "views": views.opened_by(user_id),
            "home": views.home_of(user_id),
        }
        for reader, _, queue in self._readers:
            if reader == user_id:
                _put(queue, shape)

    def _sessions_changed(self, channel: str) -> None:
        sessions = self._state.sessions
        shape = {
            "type": "sessions",
            "channel": channel,
            "sessions": sessions.in_channel(channel),
            "prompts": sessions.prompts(channel),
        }
        for _, queue in self._who_see(channel):
            _put(queue, shape)

    def _connections_changed(self, count: int) -> None:
        for _, _, queue in self._readers:
            _put(queue, {"type": "connections", "connections": count})

    def _shape(self, message: Message, viewer: str) -> Json:
        shape = message_json(message, self._state.workspace, self._state.history, metadata=True)
        shape["channel"] = message.channel
        shape["broadcast"] = message.broadcast
        if message.only_for is not None:
            shape["ephemeral"] = True
        if message.stream_for is not None:
            shape["streaming"] = True
            if message.stream_for != viewer:
                shape |= message.opening or {"text": "", "blocks": []}
        return shape


async def _send_all(socket: web.WebSocketResponse, queue: asyncio.Queue[Json]) -> None:
    while True:
        try:
            await socket.send_json(await queue.get())
        except (ConnectionError, RuntimeError):
            return


def _put(queue: asyncio.Queue[Json], shape: Json) -> None:
    if queue.full():
        while not queue.empty():
            queue.get_nowait()
        shape = {"type": "reload"}
    queue.put_nowait(shape)
