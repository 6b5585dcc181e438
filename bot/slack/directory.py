"""Who people are: asked of Slack, afresh where something hangs on it."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.views.text import People

_NAMES_SECONDS = 600.0


class SlackDirectory:
    """Membership and standing are never cached: a removed member can't approve.

    Names are kept for ten minutes; a stale one does no harm.
    """

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client
        self._names: dict[str, tuple[float, str]] = {}
        self._audiences: dict[str, tuple[float, frozenset[str]]] = {}
        self._groups: tuple[float, dict[str, str]] = (0.0, {})

    async def members(self, handle: str) -> frozenset[str]:
        """User ids behind a user id or a group handle; empty where nobody is."""
        if not handle.startswith("@"):
            return frozenset({handle})
        group = (await self._group_ids(fresh=True)).get(handle.removeprefix("@"))
        if group is None:
            return frozenset()
        answer = await self._client.usergroups_users_list(usergroup=group)
        users: list[str] = answer.get("users") or []
        return frozenset(users)

    async def audience(self, handle: str) -> frozenset[str]:
        """`members` as they were within the last ten minutes: to tell people, not to trust them."""
        until, found = self._audiences.get(handle, (0.0, frozenset()))
        if time.monotonic() >= until:
            found = await self.members(handle)
            self._audiences[handle] = (time.monotonic() + _NAMES_SECONDS, found)
        return found

    async def eligible(self, user: str) -> bool:
        """A full member of the workspace: no bot, no guest, not deactivated."""
        try:
            answer = await self._client.users_info(user=user)
        except SlackApiError:
            return False
        found: dict[str, Any] = answer.get("user") or {}
        barred = ("deleted", "is_bot", "is_restricted", "is_ultra_restricted", "is_stranger")
        return bool(found) and not any(found.get(flag) for flag in barred)

    async def name(self, user: str) -> str:
        """A person's first name, plain; the id where Slack doesn't say."""
        until, name = self._names.get(user, (0.0, user))
        if time.monotonic() < until:
            return name
        try:
            found: dict[str, Any] = (await self._client.users_info(user=user)).get("user") or {}
        except SlackApiError:
            return user
        profile = found.get("profile") or {}
        real = str(profile.get("real_name") or found.get("real_name") or "").split()
        name = str(real[0] if real else profile.get("display_name") or found.get("name") or user)
        self._names[user] = (time.monotonic() + _NAMES_SECONDS, name)
        return name

    async def people(self, who: set[str]) -> People:
        """Names and mentions of user ids and group handles, for a view."""
        users = sorted(w for w in who if not w.startswith("@") and _is_user(w))
        names = await asyncio.gather(*(self.name(user) for user in users))
        groups = await self._group_ids(fresh=False) if any(w.startswith("@") for w in who) else {}
        mentions = {user: f"<@{user}>" for user in users}
        for handle in who:
            group = groups.get(handle.removeprefix("@"))
            if handle.startswith("@") and group:
                mentions[handle] = f"<!subteam^{group}|{handle}>"
        return People(names=dict(zip(users, names, strict=True)), mentions=mentions)

    async def _group_ids(self, *, fresh: bool) -> dict[str, str]:
        until, groups = self._groups
        if not fresh and time.monotonic() < until:
            return groups
        answer = await self._client.usergroups_list(include_disabled=False)
        found: list[dict[str, Any]] = answer.get("usergroups") or []
        groups = {str(group["handle"]): str(group["id"]) for group in found}
        self._groups = (time.monotonic() + _NAMES_SECONDS, groups)
        return groups


def _is_user(who: str) -> bool:
    return who[:1] in ("U", "W") and who.isalnum() and who.isupper()
