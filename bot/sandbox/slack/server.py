"""The local Slack: one server on loopback that a real Bolt app can't tell from Slack."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from aiohttp import web

from bot.sandbox.slack.door import Door
from bot.sandbox.slack.errors import PortInUse
from bot.sandbox.slack.journal import Journal
from bot.sandbox.slack.live import Live
from bot.sandbox.slack.manifest import shipped_app
from bot.sandbox.slack.person_api import PersonApi
from bot.sandbox.slack.request_url import RequestUrl
from bot.sandbox.slack.response_urls import respond
from bot.sandbox.slack.sessions import Sessions
from bot.sandbox.slack.socket_mode import SocketMode
from bot.sandbox.slack.state import SlackState
from bot.sandbox.slack.streams import Streams
from bot.sandbox.slack.traffic import ApiCall
from bot.sandbox.slack.web_api.endpoint import answer
from bot.sandbox.slack.workspace import Workspace

_BODY_MOST = 4 * 1024 * 1024


class LocalSlack:
    """Speaks Slack's Web API and Socket Mode on 127.0.0.1, and serves people a page.

    Without a `workspace`: the sample company, with the app of the manifest that opsbot ships.
    `token` is the secret in the page's address, fresh for each run unless given. With
    `keep`, messages are written to that file and are there again after a restart.
    """

    def __init__(
        self,
        workspace: Workspace | None = None,
        *,
        token: str | None = None,
        keep: Path | None = None,
    ) -> None:
        self.workspace = workspace or Workspace(app=shipped_app())
        self.state = SlackState(self.workspace, token)
        self._live = Live(self.state)
        self._runner: web.AppRunner | None = None
        self._request_url: RequestUrl | None = None
        self._journal = Journal(keep) if keep is not None else None

    async def start(self, port: int = 0) -> None:
        """Listen on 127.0.0.1; port 0 picks a free one. Raises `PortInUse`."""

        async def api(request: web.Request) -> web.Response:
            return await answer(self.state, request)

        async def action(request: web.Request) -> web.Response:
            return await respond(self.state, request)

        app = web.Application(middlewares=[Door(self.state).keep], client_max_size=_BODY_MOST)
        app.add_routes(
            [
                web.route("*", "/api/{method}", api),
                web.get("/link", self.state.socket_mode.serve),
                web.post("/actions/{team}/{secret}", action),
                *PersonApi(self.state, self._live).routes(),
            ]
        )
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", port)
        try:
            await site.start()
        except OSError as error:
            await runner.cleanup()
            if error.errno == errno.EADDRINUSE:
                raise PortInUse(port) from error
            raise
        self._runner = runner
        self.state.port = runner.addresses[0][1]
        if self._journal is not None:
            await self._restore(self._journal)

    async def stop(self) -> None:
        """Close every connection and stop listening."""
        await self.state.socket_mode.stop()
        if self._request_url is not None:
            await self._request_url.stop()
        self.state.streams.close()
        self.state.sessions.close()
        await self._live.stop()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None
        if self._journal is not None:
            if self._journal.record in self.state.history.watchers:
                self.state.history.watchers.remove(self._journal.record)
            self._journal.close()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()

    @property
    def api_url(self) -> str:
        """The `base_url` for Slack's clients, ending in `/api/`."""
        return f"{self.state.address}/api/"

    @property
    def page_url(self) -> str:
        """The page's address with this run's token."""
        return self.state.page_url

    @property
    def bot_token(self) -> str:
        """The `xoxb-` token of this run."""
        return self.state.bot_token

    @property
    def app_token(self) -> str:
        """The `xapp-` token of this run."""
        return self.state.app_token

    @property
    def signing_secret(self) -> str:
        """The app's signing secret of this run."""
        return self.state.signing_secret

    @property
    def socket_mode(self) -> SocketMode:
        """The app's connections, to count or to cut."""
        return self.state.socket_mode

    @property
    def calls(self) -> Sequence[ApiCall]:
        """The last calls of the Web API, oldest first, at most 5,000."""
        return self.state.traffic.calls

    @property
    def streams(self) -> Streams:
        """Messages being written; their `lifetime` in seconds can be set."""
        return self.state.streams

    @property
    def sessions(self) -> Sessions:
        """What the agent says it does; how long a line lasts (`status_seconds`) can be set."""
        return self.state.sessions

    def deliver_to(self, url: str) -> RequestUrl:
        """Post events, clicks and commands to this request URL, signed, instead of by socket."""
        self._request_url = RequestUrl(url, self.signing_secret)
        self.state.delivery = self._request_url
        return self._request_url

    def forget(self, *methods: str) -> None:
        """Answer these methods with `unknown_method`, as an older server does."""
        self.state.traffic.forgotten |= set(methods)

    def throttle(self, method: str, *, seconds: int = 1, times: int = 1) -> None:
        """Answer the next `times` calls of a method with 429 and Retry-After `seconds`."""
        self.state.traffic.throttle(method, seconds=seconds, times=times)

    def outage(self, down: bool) -> None:
        """Answer every Web API call with 503 while `down`."""
        self.state.traffic.down = down

    def enforce_rates(self, on: bool) -> None:
        """Hold calls to Slack's own rates: a message a second a channel, tiers elsewhere."""
        self.state.traffic.enforced = on

    async def _restore(self, journal: Journal) -> None:
        history, directory = self.state.history, self.state.directory
        messages = await asyncio.to_thread(journal.load)
        for user in self.workspace.users:
            if not user.is_bot and not user.deleted:
                directory.open_dm(user.id)
        known = [message for message in messages if message.channel in directory.conversations]
        if not history.everything():
            history.restore(known)
        await asyncio.to_thread(journal.open, history.everything())
        if journal.record not in history.watchers:
            history.watchers.insert(0, journal.record)
