"""Gets one small file from an address that a sender names."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import aiohttp

MOST_BYTES = 65_536
_SECONDS = 10.0

Fetch = Callable[[str], Awaitable[bytes]]
"""What is at an address that was checked before. Raises FetchError."""


class FetchError(Exception):
    """Nothing was had from there; it may be there later."""


async def fetch(url: str, seconds: float = _SECONDS) -> bytes:
    """What is there, and nothing that it points to. Raises FetchError."""
    limit = aiohttp.ClientTimeout(total=seconds)
    try:
        async with (
            aiohttp.ClientSession(timeout=limit) as session,
            session.get(url, allow_redirects=False) as answer,
        ):
            if answer.status != 200:
                raise FetchError(f"{answer.url.host} answered {answer.status}")
            body = b""
            async for chunk in answer.content.iter_chunked(MOST_BYTES):
                body += chunk
                if len(body) > MOST_BYTES:
                    raise FetchError(f"{answer.url.host} sent more than {MOST_BYTES} bytes")
            return body
    except (aiohttp.ClientError, TimeoutError) as error:
        # Their own words may hold the address, and that the token that confirms a subscription.
        raise FetchError(f"no answer: {type(error).__name__}") from error
