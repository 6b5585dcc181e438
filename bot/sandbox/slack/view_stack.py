"""The modals a person has open, one above the other, and everyone's Home tab."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from bot.sandbox.slack.errors import SlackError
from bot.sandbox.slack.messages import Json
from bot.sandbox.slack.workspace import Workspace

DEEPEST = 3
"""Slack's limit of modals above each other."""


class ViewStack:
    """Holds open views and tells its watchers whose views changed."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._open: dict[str, list[Json]] = {}
        self._home: dict[str, Json] = {}
        self.watchers: list[Callable[[str], None]] = []

    def opened_by(self, user: str) -> list[Json]:
        """The modals this person has open, the topmost last."""
        return list(self._open.get(user, []))

    def home_of(self, user: str) -> Json | None:
        """What the app published for this person's Home tab."""
        return self._home.get(user)

    def find(self, view_id: str) -> tuple[str, Json] | None:
        """Whose view this is, and the view."""
        for user, views in self._open.items():
            for view in views:
                if view["id"] == view_id:
                    return user, view
        for user, view in self._home.items():
            if view["id"] == view_id:
                return user, view
        return None

    def push(self, user: str, view: Json) -> Json:
        """Open a modal above those that are open. Raises `SlackError` `push_limit_reached`."""
        stack = self._open.setdefault(user, [])
        if len(stack) >= DEEPEST:
            raise SlackError("push_limit_reached")
        kept = self._kept(view, below=stack[-1] if stack else None)
        stack.append(kept)
        self._changed(user)
        return kept

    def replace(self, user: str, old: Json, view: Json) -> Json:
        """Put another content into an open view, under the same id and a new hash."""
        kept = self._kept(view, below=None)
        for key in ("id", "root_view_id", "previous_view_id"):
            kept[key] = old[key]
        if self._home.get(user) is old:
            self._home[user] = kept
        else:
            stack = self._open[user]
            stack[stack.index(old)] = kept
        self._changed(user)
        return kept

    def publish(self, user: str, view: Json) -> Json:
        """Set a person's Home tab."""
        kept = self._kept(view, below=None)
        old = self._home.get(user)
        if old is not None:
            kept["id"] = kept["root_view_id"] = old["id"]
        self._home[user] = kept
        self._changed(user)
        return kept

    def close(self, user: str, view: Json, *, everything: bool = False) -> None:
        """Close this modal, or all this person has open."""
        stack = self._open.get(user, [])
        self._open[user] = [] if everything else [other for other in stack if other is not view]
        self._changed(user)

    def _kept(self, view: Json, *, below: Json | None) -> Json:
        view_id = f"V0{secrets.token_hex(4).upper()}"
        return {
            "private_metadata": "",
            "callback_id": "",
            "external_id": "",
            "clear_on_close": False,
            "notify_on_close": False,
            "close": None,
            "submit": None,
            **view,
            "id": view_id,
            "team_id": self._workspace.team.id,
            "app_id": self._workspace.app.app_id,
            "app_installed_team_id": self._workspace.team.id,
            "bot_id": self._workspace.app.bot_id,
            "state": {"values": {}},
            "hash": f"{secrets.randbits(32)}.{secrets.token_urlsafe(6)}",
            "root_view_id": below["root_view_id"] if below else view_id,
            "previous_view_id": below["id"] if below else None,
        }

    def _changed(self, user: str) -> None:
        for watcher in self.watchers:
            watcher(user)
