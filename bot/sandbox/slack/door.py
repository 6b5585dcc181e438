"""Who may come in: this machine only, by the right name, from the page itself."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable

from aiohttp import web

from bot.sandbox.slack.state import SlackState

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Door:
    """Lets a request pass whose Host, Origin and page token are those of this run.

    Host stops a foreign name that resolves to this machine; Origin stops a foreign page.
    """

    def __init__(self, state: SlackState) -> None:
        self._state = state

    @web.middleware
    async def keep(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        """Refuses with 403 what comes from elsewhere, and adds the page's headers."""
        hosts = {f"127.0.0.1:{self._state.port}", f"localhost:{self._state.port}"}
        if request.headers.get("Host", "").lower() not in hosts:
            return _refused("This address is served on 127.0.0.1 only.")
        origin = request.headers.get("Origin")
        if origin is not None and origin not in {f"http://{host}" for host in hosts}:
            return _refused("Requests from other pages are refused.")
        token = request.match_info.get("token")
        if token is not None and not hmac.compare_digest(
            token.encode(errors="replace"), self._state.page_token.encode()
        ):
            return _refused("This address belongs to another run. Use the one printed last.")
        try:
            response = await handler(request)
        except web.HTTPException as refusal:
            refusal.headers.update(_HEADERS)
            raise
        if not response.prepared:
            response.headers.update(_HEADERS)
        return response


def _refused(words: str) -> web.Response:
    return web.Response(status=403, text=words, headers=_HEADERS)
