"""The scripted model's server: both protocols on one port of loopback."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Literal, Self

from aiohttp import web

from bot.sandbox.model import anthropic_api, anthropic_rules, openai_api, openai_rules
from bot.sandbox.model.prefix import anthropic_pieces, openai_pieces, tokens
from bot.sandbox.model.prompt_cache import SMALLEST, Counted, PromptCache
from bot.sandbox.model.script import Answer, Asked, NoTurnError, Script, Turn


@dataclass(slots=True)
class Exchange:
    """One request as it arrived, and what became of it."""

    provider: Literal["anthropic", "openai"]
    body: dict[str, Any]
    headers: dict[str, str]
    status: int = 0
    """Of the answer; 200 also where the stream broke afterwards."""
    refused: str = ""
    """Why it was refused, in the provider's words."""
    counted: Counted = field(default_factory=lambda: Counted(0, 0, 0))
    arrived: float = 0.0
    """When it had come in, by `time.perf_counter`."""
    answered: float = 0.0
    """When the last byte of the answer was written; 0 where it broke before."""


class ScriptedModelServer:
    """Plays a script to whoever asks, refuses what the real providers refuse, and keeps a log.

    Every request is held against the types of the provider's own SDK. Prompt caching, the binding
    of thinking to its conversation and token counts are simulated, a token being four characters.
    """

    def __init__(
        self,
        script: Iterable[Turn],
        *,
        key: str | None = "local",
        context_tokens: int = 1_000_000,
        smallest_cached: int = SMALLEST,
        checks: bool = True,
        unknown: Iterable[str] = (),
        port: int = 0,
    ) -> None:
        """`key`: the one that is right; None takes any. `checks` off only where time is measured.
        `unknown`: words such as `strict` that the server says it doesn't know."""
        self._script = Script(script)
        self._key = key
        self._context = context_tokens
        self._checks = checks
        self._unknown = tuple(unknown)
        self._port = port
        self._cache = PromptCache(smallest_cached)
        self._paused: set[str] = set()
        self._serial = 0
        self.requests: list[Exchange] = []
        self.url = ""
        """Without `/v1`, as Claude's SDK wants it; OpenAI's wants it with."""

    async def start(self) -> None:
        """Listen on loopback. Raises OSError where the port is taken."""
        site = web.Application(client_max_size=64 * 1024 * 1024)
        site.router.add_post("/v1/messages", self._messages)
        site.router.add_post("/v1/messages/count_tokens", self._count)
        site.router.add_post("/v1/chat/completions", self._completions)
        self._runner = web.AppRunner(site, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        """Close every connection."""
        await self._runner.cleanup()

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

    async def _messages(self, request: web.Request) -> web.StreamResponse:
        seen = await self._seen("anthropic", request)
        body = seen.body
        if not self._admitted(request.headers.get("x-api-key") or _bearer(request)):
            return _refuse(seen, 401, anthropic_api.error(401, "invalid x-api-key"))
        last = json.dumps(body.get("messages", [{}])[-1:], sort_keys=True)
        wrong = self._unknown_words(body)
        if self._checks:
            wrong = wrong or anthropic_rules.faults(body, paused=_bare(last) in self._paused)
        if wrong:
            return _refuse(seen, 400, anthropic_api.error(400, wrong[0]))
        pieces = anthropic_pieces(body)
        if tokens(pieces) > self._context:
            words = f"prompt is too long: {tokens(pieces)} tokens > {self._context} maximum"
            return _refuse(seen, 400, anthropic_api.error(400, words))
        ask = anthropic_api.asked(body)
        answer = self._next(ask)
        await asyncio.sleep(answer.delay)
        if answer.status != 200:
            told = anthropic_api.error(answer.status, answer.error)
            return _refuse(seen, answer.status, told, answer)
        seen.status = 200
        seen.counted = self._cache.count(pieces, anthropic_api.salt(body))
        self._serial += 1
        whole = anthropic_api.message(answer, ask, body, pieces, seen.counted, self._serial)
        if answer.stopped == "pause":
            back = [{"content": whole["content"], "role": "assistant"}]
            self._paused.add(json.dumps(back, sort_keys=True))
        if not body.get("stream"):
            return web.json_response(whole)
        frames = [
            f"event: {name}\ndata: {json.dumps({'type': name, **data})}\n\n"
            for name, data in anthropic_api.events(whole, answer)
        ]
        broken = {"type": "error", "error": {"type": answer.breaks_with, "message": answer.error}}
        return await _stream(
            seen, request, answer, frames, f"event: error\ndata: {json.dumps(broken)}\n\n"
        )

    async def _count(self, request: web.Request) -> web.Response:
        body = await request.json()
        return web.json_response({"input_tokens": tokens(anthropic_pieces(body))})

    async def _completions(self, request: web.Request) -> web.StreamResponse:
        seen = await self._seen("openai", request)
        body = seen.body
        if not self._admitted(_bearer(request)):
            return _refuse(seen, 401, openai_api.error(401, "Incorrect API key provided."))
        wrong = self._unknown_words(body) or (openai_rules.faults(body) if self._checks else [])
        if wrong:
            return _refuse(seen, 400, openai_api.error(400, wrong[0]))
        pieces = openai_pieces(body)
        if tokens(pieces) > self._context:
            words = f"This model's maximum context length is {self._context} tokens."
            told = openai_api.error(400, words, "context_length_exceeded")
            return _refuse(seen, 400, told)
        ask = openai_api.asked(body)
        answer = self._next(ask)
        await asyncio.sleep(answer.delay)
        if answer.status != 200:
            told = openai_api.error(answer.status, answer.error)
            return _refuse(seen, answer.status, told, answer)
        seen.status = 200
        counted = self._cache.count(pieces, body["model"])
        # OpenAI doesn't charge for what it puts into its cache.
        seen.counted = Counted(counted.fresh + counted.written, counted.read, 0)
        self._serial += 1
        whole = openai_api.completion(answer, ask, body, seen.counted, self._serial)
        if not body.get("stream"):
            return web.json_response(whole)
        usage = (body.get("stream_options") or {}).get("include_usage", False)
        frames = [
            *(f"data: {json.dumps(each)}\n\n" for each in openai_api.chunks(whole, usage)),
            "data: [DONE]\n\n",
        ]
        broken = {"error": {"type": answer.breaks_with, "message": answer.error, "code": None}}
        return await _stream(seen, request, answer, frames, f"data: {json.dumps(broken)}\n\n")

    async def _seen(
        self, provider: Literal["anthropic", "openai"], request: web.Request
    ) -> Exchange:
        headers = {name.lower(): value for name, value in request.headers.items()}
        seen = Exchange(provider, await request.json(), headers, arrived=time.perf_counter())
        self.requests.append(seen)
        return seen

    def _admitted(self, key: str) -> bool:
        return self._key is None or key == self._key

    def _unknown_words(self, body: dict[str, Any]) -> list[str]:
        if not self._unknown:
            return []
        text = json.dumps(body)
        return [
            f"{word}: Extra inputs are not permitted"
            for word in self._unknown
            if f'"{word}"' in text
        ]

    def _next(self, ask: Asked) -> Answer:
        try:
            return self._script.answer(ask)
        except NoTurnError as error:
            return Answer(status=501, error=str(error))


def _bearer(request: web.Request) -> str:
    return request.headers.get("Authorization", "").removeprefix("Bearer ")


def _bare(last: str) -> str:
    """A message as it was answered: without the mark it may carry now."""
    return last.replace(', "cache_control": {"type": "ephemeral"}', "")


def _refuse(
    seen: Exchange, status: int, told: dict[str, Any], answer: Answer | None = None
) -> web.Response:
    seen.status, seen.refused = status, told["error"]["message"]
    headers = {"request-id": "req_local"}
    if answer and answer.retry_after is not None:
        headers["retry-after"] = f"{answer.retry_after:g}"
    if status == 501:
        headers["x-should-retry"] = "false"
    return web.json_response(told, status=status, headers=headers)


async def _stream(
    seen: Exchange, request: web.Request, answer: Answer, frames: list[str], error: str
) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await response.prepare(request)
    if answer.cut_after is None or answer.cut_after >= len(frames):
        # All of it is there at once, so it travels at once.
        await response.write("".join(frames).encode())
    else:
        for frame in frames[: answer.cut_after]:
            await response.write(frame.encode())
        if answer.breaks_with:
            await response.write(error.encode())
            return response
        assert request.transport is not None
        request.transport.close()
        return response
    await response.write_eof()
    seen.answered = time.perf_counter()
    return response
