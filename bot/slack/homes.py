"""Publishes people's Home tabs, and keeps those fresh that were looked at lately."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
from collections.abc import Iterable
from contextlib import suppress
from datetime import timedelta

from aiohttp import ClientError
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.incident import Incident
from bot.domain.ports import Clock, HomeStore, SlotStore
from bot.incidents.cancellation import end_if_cancelled
from bot.incidents.deciding import Waits, waiting, wanted
from bot.incidents.following import Following
from bot.redaction.redactor import Redactor
from bot.slack.addresses import Addresses
from bot.slack.board import Board
from bot.slack.directory import SlackDirectory
from bot.slack.feed import Feed
from bot.slack.glance import Glance
from bot.slack.home_scene import HomeScene, most_severe_first
from bot.slack.views.home import away_view, home_view
from bot.slack.views.text import Block

log = logging.getLogger(__name__)
FRESH = timedelta(hours=1)
"""How long after somebody looked their tab is kept as things are."""
_PERSON_SECONDS = 4.0
"""Between two versions of one person's tab."""
_WORKSPACE_SECONDS = 1.0
"""Between two versions of anybody's: Slack takes about 100 a minute."""
_EVERY_SECONDS = 2.0
_IDLE_SECONDS = 60.0
_POSTED_WITHIN = timedelta(minutes=5)
"""For how long a message that isn't there yet is looked for again and again."""
_LISTED = 10
"""As many rows as a list has: only what is shown needs an address."""


class Homes:
    """Any replica does it, one at a time for each person; the last version wins.

    Weakness: of two replicas of which one is slower by seconds the older version may land last. It
    is put right by the next change, or when the person looks again.
    """

    def __init__(
        self,
        *,
        client: AsyncWebClient,
        feed: Feed,
        store: HomeStore,
        slots: SlotStore,
        board: Board,
        addresses: Addresses,
        directory: SlackDirectory,
        glance: Glance,
        following: Following,
        channel: str,
        clock: Clock,
        redactor: Redactor,
    ) -> None:
        """`channel`: id of the channel in which incidents open."""
        self._client = client
        self._feed = feed
        self._store = store
        self._slots = slots
        self._board = board
        self._addresses = addresses
        self._directory = directory
        self._glance = glance
        self._following = following
        self._channel = channel
        self._clock = clock
        self._redactor = redactor
        self._woken = asyncio.Event()
        self._owed: set[str] = set()
        """Whoever has to be shown it again, though it be the same."""

    async def open(self, user: str) -> None:
        """This person looks at it now. Where nothing can be read it says so."""
        try:
            await self._store.opened(user, self._clock())
            self._owed.add(user)
            whole = await self._show(user, await self._board.look(), {}, waited_for=True)
        except Exception:
            log.exception("the Home tab of %s can't be made", user)
            self._owed.add(user)
            await self._publish(user, away_view())
            whole = False
        if not whole:
            self._woken.set()

    def refresh(self, user: str) -> None:
        """Something of this person's own changed, such as what they follow."""
        self._owed.add(user)
        self._woken.set()

    async def run(self) -> None:
        """Work until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._listen())
            while True:
                self._woken.clear()
                pause = _EVERY_SECONDS
                try:
                    if await self.look():
                        pause = _IDLE_SECONDS
                except Exception:
                    log.exception("Home tabs can't be kept fresh; it is tried again")
                end_if_cancelled()
                with suppress(TimeoutError):
                    async with asyncio.timeout(pause):
                        await self._woken.wait()
                await asyncio.sleep(_EVERY_SECONDS)

    async def _listen(self) -> None:
        while True:
            try:
                async for incident in self._feed.wakes():
                    if incident:
                        self._board.changed(incident)
                    else:
                        self._board.forget()
                    self._woken.set()
            except Exception:
                log.exception("the feed was cut; listening again")
            end_if_cancelled()
            await asyncio.sleep(_EVERY_SECONDS)

    async def look(self) -> bool:
        """Bring up to date what was looked at lately; False where something is left to do."""
        users = await self._store.lately(self._clock() - FRESH)
        self._owed &= set(users)
        if not users:
            self._board.forget()
            return True
        incidents = await self._board.look()
        links: dict[str, dict[str, str]] = {}
        shown = [await self._show(user, incidents, links) for user in users]
        return all(shown)

    async def _show(
        self,
        user: str,
        incidents: list[Incident],
        links: dict[str, dict[str, str]],
        *,
        waited_for: bool = False,
    ) -> bool:
        """Publish this person's tab if it differs; whether it is whole and up to date.

        `waited_for`: they look at it now, so it doesn't wait for the workspace's turn.
        """
        home = await self._home(user, incidents, links)
        view = self._redactor.clean_all(home_view(home))
        digest = _digest(view)
        if user not in self._owed and await self._store.shown(user) == digest:
            return _linked(home)
        if not await self._may_publish(user, waited_for=waited_for):
            return False
        self._owed.discard(user)
        if await self._publish(user, view):
            await self._store.show(user, digest)
        return _linked(home)

    async def _may_publish(self, user: str, *, waited_for: bool) -> bool:
        if await self._slots.turn(f"home:{user}", _PERSON_SECONDS) > 0:
            return False
        rest = await self._slots.turn("homes", _WORKSPACE_SECONDS)
        if rest and not waited_for:
            await asyncio.sleep(rest)
            rest = await self._slots.turn("homes", _WORKSPACE_SECONDS)
        return waited_for or not rest

    async def _publish(self, user: str, view: Block) -> bool:
        try:
            await self._client.views_publish(user_id=user, view=view)
        except (SlackApiError, ClientError, TimeoutError) as error:
            log.warning("the Home tab of %s can't be published: %s", user, error)
            return False
        return True

    async def _home(
        self, user: str, incidents: list[Incident], links: dict[str, dict[str, str]]
    ) -> HomeScene:
        now, member = self._clock(), await self._glance.member(user)
        sees = await self._glance.sees(user, self._channel)
        waits: list[Waits] = []
        if member:
            behind = await self._glance.behind(user, wanted(incidents, now))
            waits = [each for each in waiting(user, behind, incidents, now) if each.mine]
        ranked = most_severe_first(incidents)
        commanding = tuple(i for i in ranked if member and i.commander == user)
        shown = [*commanding[:_LISTED], *(ranked[:_LISTED] if sees else ())]
        await self._find(links, [*(each.incident for each in waits[:_LISTED]), *shown])
        names = {i.commander for i in shown if i.commander}
        return HomeScene(
            at=now,
            member=member,
            sees=sees,
            channel=self._channel,
            deciding=tuple(waits),
            commanding=commanding,
            open=ranked if sees else (),
            links=links,
            people=await self._directory.people(names),
            following=await self._following.followed(user) if member else (),
            quiet=await self._following.quiet(user) if member else None,
        )

    async def _find(self, links: dict[str, dict[str, str]], incidents: Iterable[Incident]) -> None:
        """Where the messages of these are; asked once for all who are shown them."""
        for incident in incidents:
            if incident.id not in links:
                plans = [f"approval:{state.plan.id}" for state in incident.fixes]
                links[incident.id] = await self._addresses.of(incident.id, "card", *plans)


def _linked(home: HomeScene) -> bool:
    """Whether every row leads somewhere; else a message is still to be posted, but for those of a
    storm, which have none of their own."""
    rows = {i.id: i for i in (*home.commanding[:_LISTED], *home.open[:_LISTED])}
    wanted = [(i.id, "card", i.opened_at) for i in rows.values()]
    wanted += [
        (each.incident.id, f"approval:{each.plan.plan.id}", each.plan.proposed_at)
        for each in home.deciding[:_LISTED]
    ]
    return all(
        slot in home.links.get(incident, {})
        or not (home.at and since and home.at - since < _POSTED_WITHIN)
        for incident, slot, since in wanted
    )


def _digest(view: Block) -> str:
    return hashlib.sha256(json.dumps(view, sort_keys=True).encode()).hexdigest()[:16]
