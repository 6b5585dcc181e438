"""Who people are: asked of Slack, afresh where something hangs on it."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Any

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.ports import ROTA, Rotas, RotaUnreadableError
from bot.slack.views.text import People

log = logging.getLogger(__name__)
_NAMES_SECONDS = 600.0
_ROTA_SECONDS = 60.0
_RETRY_SECONDS = 30.0
"""A rota that can't be read must not hold up each look at a thread."""


class SlackDirectory:
    """Membership and standing are never cached: a removed member can't approve.

    Names are kept for ten minutes; a stale one does no harm.
    """

    def __init__(self, client: AsyncWebClient, rotas: Rotas | None = None) -> None:
        """`rotas`: who is on call in a schedule; without it such a handle can't be read."""
        self._client = client
        self._rotas = rotas
        self._names: dict[str, tuple[float, str]] = {}
        self._audiences: dict[str, tuple[float, frozenset[str]]] = {}
        self._unreadable: dict[str, tuple[float, str]] = {}
        self._groups: tuple[float, dict[str, str]] = (0.0, {})

    async def members(self, handle: str) -> frozenset[str]:
        """User ids behind a user id, a group handle or a rota; empty where nobody is.

        Raises RotaUnreadableError.
        """
        if handle.startswith(ROTA):
            return await self._on_call(handle.removeprefix(ROTA))
        if not handle.startswith("@"):
            return frozenset({handle})
        group = (await self._group_ids(fresh=True)).get(handle.removeprefix("@"))
        if group is None:
            return frozenset()
        answer = await self._client.usergroups_users_list(usergroup=group)
        users: list[str] = answer.get("users") or []
        return frozenset(users)

    async def audience(self, handle: str) -> frozenset[str]:
        """`members` as they were within the last ten minutes, of a rota within the last: to tell
        people, not to trust them. Raises RotaUnreadableError.
        """
        until, found = self._audiences.get(handle, (0.0, frozenset()))
        if time.monotonic() >= until:
            retry, fault = self._unreadable.get(handle, (0.0, ""))
            if time.monotonic() < retry:
                raise RotaUnreadableError(fault)
            try:
                found = await self.members(handle)
            except RotaUnreadableError as error:
                self._unreadable[handle] = (time.monotonic() + _RETRY_SECONDS, str(error))
                raise
            kept = _ROTA_SECONDS if handle.startswith(ROTA) else _NAMES_SECONDS
            self._audiences[handle] = (time.monotonic() + kept, found)
        return found

    async def _on_call(self, schedule: str) -> frozenset[str]:
        if self._rotas is None:
            raise RotaUnreadableError(f"rota {schedule!r} can't be read: none is configured")
        found = set()
        for email in await self._rotas.on_call(schedule):
            try:
                answer = await self._client.users_lookupByEmail(email=email)
            except SlackApiError as error:
                said = error.response.get("error")
                if said != "users_not_found":
                    raise RotaUnreadableError(
                        f"rota {schedule!r} can't be read: Slack refuses: {said}"
                    ) from error
                log.warning("rota %s: Slack knows nobody with the address of its rota", schedule)
            else:
                found.add(str((answer.get("user") or {})["id"]))
        return frozenset(found)

    async def eligible(self, user: str) -> bool:
        """A full member of the workspace: no bot, no guest, not deactivated."""
        try:
            answer = await self._client.users_info(user=user)
        except SlackApiError:
            return False
        found: dict[str, Any] = answer.get("user") or {}
        barred = ("deleted", "is_bot", "is_restricted", "is_ultra_restricted", "is_stranger")
        return bool(found) and not any(found.get(flag) for flag in barred)

    async def is_public(self, channel: str) -> bool:
        """Whether every full member can read that channel; what Slack doesn't show us is not."""
        try:
            found = await self._channel(channel) or {"is_private": True}
        except SlackApiError as error:
            log.warning("whether %s is public can't be told: %s", channel, error)
            return False
        return not any(found.get(flag) for flag in ("is_private", "is_im", "is_mpim"))

    async def may_see(self, user: str, channel: str) -> bool:
        """Whether this person can read that channel now. Raises SlackApiError where Slack is away;
        what it doesn't show us, nobody may.
        """
        if channel == user:
            return True
        found = await self._channel(channel)
        if found is None:
            return False
        if not found.get("is_private"):
            return await self.eligible(user)
        return await self.has_joined(user, channel)

    async def has_joined(self, user: str, channel: str) -> bool:
        """Whether this person, who may be a guest, is a member of that channel now. Raises
        SlackApiError where it isn't ours to see, too.
        """
        cursor = ""
        while True:
            page = await self._client.conversations_members(
                channel=channel, limit=1000, cursor=cursor
            )
            if user in (page.get("members") or ()):
                return True
            cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                return False

    async def is_open(self, channel: str) -> bool:
        """Whether everybody can read that channel. Raises SlackApiError where Slack is away."""
        found = await self._channel(channel) or {}
        return bool(found) and not (found.get("is_private") or found.get("is_im"))

    async def is_ours_alone(self, channel: str) -> bool:
        """Whether nobody of another organisation reads that channel. Raises SlackApiError where
        Slack is away."""
        found = await self._channel(channel) or {"is_ext_shared": True}
        return not found.get("is_ext_shared")

    async def is_in(self, channel: str) -> bool:
        """Whether opsbot is a member of that channel. Raises SlackApiError where Slack is away."""
        found = await self._channel(channel)
        return found is not None and bool(found.get("is_member"))

    async def _channel(self, channel: str) -> dict[str, Any] | None:
        try:
            answer = await self._client.conversations_info(channel=channel)
        except SlackApiError as error:
            if error.response.get("error") != "channel_not_found":
                raise
            return None
        found: dict[str, Any] = answer.get("channel") or {}
        return found

    async def zone(self, user: str) -> tuple[str, int]:
        """A person's time zone, `Europe/Berlin`, and its seconds off UTC now; UTC where unsaid."""
        try:
            found: dict[str, Any] = (await self._client.users_info(user=user)).get("user") or {}
        except SlackApiError as error:
            log.warning("the zone of %s can't be read: %s", user, error.response.get("error"))
            found = {}
        return str(found.get("tz") or "UTC"), int(found.get("tz_offset") or 0)

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
        rotas: dict[str, str] = {}
        users = sorted(w for w in who if not w.startswith("@") and _is_user(w))
        names = await asyncio.gather(*(self.name(user) for user in users))
        groups = await self._group_ids(fresh=False) if any(w.startswith("@") for w in who) else {}
        mentions = {user: f"<@{user}>" for user in users}
        for handle in sorted(w for w in who if w.startswith(ROTA)):
            names_of, mention = await self._rota(handle)
            rotas[handle] = names_of
            mentions |= {handle: mention} if mention else {}
        for handle in who:
            group = groups.get(handle.removeprefix("@"))
            if handle.startswith("@") and group:
                mentions[handle] = f"<!subteam^{group}|{handle}>"
        return People(names={**dict(zip(users, names, strict=True)), **rotas}, mentions=mentions)

    async def _rota(self, handle: str) -> tuple[str, str]:
        """A rota's plain name, and the mention of who is on call; empty where nobody can be."""
        schedule = handle.removeprefix(ROTA)
        try:
            found = sorted(await self.audience(handle))
        except RotaUnreadableError as error:
            log.warning("%s", error)
            return f"whoever is on call in {schedule}", ""
        names = [await self.name(user) for user in found]
        who = f" ({', '.join(names)})" if names else ""
        return f"on call in {schedule}{who}", " ".join(f"<@{user}>" for user in found)

    async def _group_ids(self, *, fresh: bool) -> dict[str, str]:
        until, groups = self._groups
        if not fresh and time.monotonic() < until:
            return groups
        try:
            answer = await self._client.usergroups_list(include_disabled=False)
        except SlackApiError as error:
            if fresh:
                raise
            # A thread without its mentions is better than none.
            log.warning("groups can't be read: Slack refuses: %s", error.response["error"])
            return groups
        found: list[dict[str, Any]] = answer.get("usergroups") or []
        groups = {str(group["handle"]): str(group["id"]) for group in found}
        self._groups = (time.monotonic() + _NAMES_SECONDS, groups)
        return groups


def _is_user(who: str) -> bool:
    return who[:1] in ("U", "W") and who.isalnum() and who.isupper()
