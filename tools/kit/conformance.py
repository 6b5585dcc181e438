"""What every tool must hold to, as checks that whoever writes one can run against it.

Pure assertions: call them from any test framework, one case for each tool.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar
from uuid import uuid4

from pydantic import BaseModel

from tools.kit.catalog import Catalog
from tools.kit.errors import OutcomeUnknown, Unavailable
from tools.kit.integration import Backend
from tools.kit.tool import Context, Params, ReadTool, ReversibleTool, Tool, WriteTool
from tools.kit.types import Evidence, Handle

P = TypeVar("P", bound=Params)
T = TypeVar("T", bound=Tool[Any])

SHORT_SECONDS = 0.5
"""The deadline given where a backend never answers."""
GRACE_SECONDS = 2.0
"""How far past its deadline a call may run before it counts as not having one."""


@dataclass(frozen=True, slots=True)
class ReadCase(Generic[P]):
    """One read tool, over a backend that answers at `url`."""

    connect: Callable[[str], Backend]
    """Makes the backend for an address: the suite also gives it ones that don't answer."""
    tool: Callable[[Any], ReadTool[P]]
    url: str
    found: P
    """Parameters for which the backend holds something."""
    empty: P
    """Parameters for which it holds nothing."""


@dataclass(frozen=True, slots=True)
class WriteCase(Generic[P]):
    """One write tool, over a backend that answers at `url`."""

    connect: Callable[[str], Backend]
    tool: Callable[[Any], WriteTool[P]]
    url: str
    params: P
    world: Callable[[], Awaitable[object]]
    """All the tool could change, in a form that compares by value, read behind its back."""
    effects: Callable[[], Awaitable[int]]
    """How many changes have reached the backend so far."""
    patience_seconds: float = 30.0
    """How long `verify` may stay pending."""


async def check_read_tool(case: ReadCase[P]) -> None:
    """Run a read tool through found, empty, down and silent. Raises AssertionError."""
    async with _over(case.connect, case.tool, case.url) as tool:
        _declared(tool)
        found = await tool.run(case.found, _context())
        _sound(tool, found, _context())
        assert found.status == "found", f"{tool.name}: {found.status!r} where something is"
        small = replace(_context(), max_chars=120)
        _sound(tool, await tool.run(case.found, small), small)
        empty = await tool.run(case.empty, _context())
        _sound(tool, empty, _context())
        assert empty.status == "empty", f"{tool.name}: {empty.status!r} where nothing is"
    async with _closed_port() as url, _over(case.connect, case.tool, url) as tool:
        await _unavailable(tool, "a backend that is down", tool.run(case.found, _context(5)))
    async with _silent_server() as url, _over(case.connect, case.tool, url) as tool:
        call = tool.run(case.found, _context(SHORT_SECONDS))
        await _in_time(tool, _unavailable(tool, "a backend that never answers", call))


async def check_write_tool(case: WriteCase[P]) -> None:
    """Run a write tool through preview, effect, reading back, verifying and a lost backend.

    Leaves the effect in place. Raises AssertionError.
    """
    async with _over(case.connect, case.tool, case.url) as tool:
        _declared(tool)
        await _previews(tool, case)
        key = _key()
        before = await tool.applied(key, None, _context())
        assert before.answer == "no", f"{tool.name}: applied says {before.answer!r} before the call"
        handle = await _starts_once(tool, case, key)
        await _reads_back(tool, key, handle)
        await _settles(tool, case, handle)
    async with _closed_port() as url, _over(case.connect, case.tool, url) as tool:
        await _unavailable(tool, "dry_run while down", tool.dry_run(case.params, _context(5)))
        down = _context(5, _key())
        await _unavailable(tool, "execute while down", tool.execute(case.params, down))
        lost = await tool.applied(_key(), None, _context(5))
        assert lost.answer == "unknown", f"{tool.name}: applied says {lost.answer!r} while down"
    async with _silent_server() as url, _over(case.connect, case.tool, url) as tool:
        call = tool.execute(case.params, _context(SHORT_SECONDS, _key()))
        await _in_time(tool, _raises(tool, "silence", call, (Unavailable, OutcomeUnknown)))


async def check_reversible_tool(case: WriteCase[P]) -> None:
    """Undo an effect, twice under one key, and find the world as it was. Raises AssertionError."""
    async with _over(case.connect, case.tool, case.url) as tool:
        assert isinstance(tool, ReversibleTool), f"{tool.name} is no ReversibleTool"
        start = await case.world()
        saved = await tool.checkpoint(case.params, _context())
        assert isinstance(saved, tool.saved), f"{tool.name}: a checkpoint of another type"
        stored: BaseModel = tool.saved.model_validate_json(saved.model_dump_json())
        assert stored == saved, f"{tool.name}: its checkpoint does not survive being stored"
        assert await case.world() == start, f"{tool.name}: checkpoint changed something"
        await tool.execute(case.params, _context(key=_key()))
        assert await case.world() != start, f"{tool.name}: execute changed nothing"
        key = _key()
        handle = await tool.rollback(case.params, stored, _context(key=key))
        assert await case.world() == start, f"{tool.name}: rollback left another world"
        count = await case.effects()
        await tool.rollback(case.params, stored, _context(key=key))
        assert await case.world() == start, f"{tool.name}: a second rollback changed the world"
        assert await case.effects() == count, f"{tool.name}: a rollback under one key ran twice"
        undone = await tool.applied(key, handle, _context())
        assert undone.answer == "yes", f"{tool.name}: its rollback can't be read back"


async def _previews(tool: WriteTool[P], case: WriteCase[P]) -> None:
    world, count = await case.world(), await case.effects()
    first = await tool.dry_run(case.params, _context())
    second = await tool.dry_run(case.params, _context())
    assert await case.world() == world, f"{tool.name}: dry_run changed something"
    assert await case.effects() == count, f"{tool.name}: dry_run wrote to the backend"
    assert first == second, f"{tool.name}: two dry runs of one world differ: {first} {second}"
    assert len(first.summary) <= 120, f"{tool.name}: its summary is too long: {first.summary!r}"
    assert "\n" not in first.summary, f"{tool.name}: its summary is more than a line"
    named = {target.name for target in first.targets}
    strays = [change.target for change in first.changes if change.target not in named]
    assert not strays, f"{tool.name}: changes of what is no target: {strays}"


async def _starts_once(tool: WriteTool[P], case: WriteCase[P], key: str) -> Handle:
    world, count = await case.world(), await case.effects()
    handle = await tool.execute(case.params, _context(key=key))
    assert await case.effects() > count, f"{tool.name}: execute reached nothing"
    assert await case.world() != world, f"{tool.name}: execute changed nothing"
    count = await case.effects()
    again = await tool.execute(case.params, _context(key=key))
    assert await case.effects() == count, f"{tool.name}: one key had its effect twice"
    assert again.ref == handle.ref, f"{tool.name}: one key gave {handle.ref!r} and {again.ref!r}"
    return handle


async def _reads_back(tool: WriteTool[P], key: str, handle: Handle) -> None:
    for given in (None, handle):
        answer = await tool.applied(key, given, _context())
        assert answer.answer == "yes", f"{tool.name}: applied says {answer.answer!r} of its own"
        assert answer.handle is not None, f"{tool.name}: applied says yes without a handle"
        assert answer.handle.ref == handle.ref, f"{tool.name}: applied found another effect"
    other = await tool.applied(_key(), None, _context())
    assert other.answer == "no", f"{tool.name}: applied says {other.answer!r} of no one's key"


async def _settles(tool: WriteTool[P], case: WriteCase[P], handle: Handle) -> None:
    end = asyncio.get_running_loop().time() + case.patience_seconds
    while True:
        seen = await tool.verify(case.params, handle, _context())
        if seen.status == "passed":
            return
        assert seen.status == "pending", f"{tool.name}: verify says {seen.summary!r}"
        assert seen.after_seconds > 0, f"{tool.name}: verify asks to be polled without rest"
        late = asyncio.get_running_loop().time() > end
        assert not late, f"{tool.name}: still pending after {case.patience_seconds} s"
        await asyncio.sleep(min(seen.after_seconds, 0.2))


def _declared(tool: Tool[Any]) -> None:
    # The catalogue raises CatalogError on what a model or a policy could misread.
    assert tool.name in Catalog([tool])


def _sound(tool: ReadTool[Any], evidence: Evidence, ctx: Context) -> None:
    name = tool.name
    assert evidence.tool == name, f"{name}: its evidence names {evidence.tool!r}"
    assert evidence.query, f"{name}: its evidence does not say what was asked"
    assert len(evidence.summary) <= 160, f"{name}: its summary has over 160 characters"
    assert evidence.summary, f"{name}: its evidence has no summary"
    size = len(evidence.excerpt)
    assert size <= ctx.max_chars, f"{name}: an excerpt of {size}, budget {ctx.max_chars}"
    plain = json.loads(json.dumps(evidence.values, allow_nan=False))
    assert plain == evidence.values, f"{name}: its values are not plain JSON"
    assert set(plain) == tool.yields, f"{name}: it gave {set(plain)}, it yields {tool.yields}"


async def _unavailable(tool: Tool[Any], when: str, call: Awaitable[object]) -> None:
    await _raises(tool, when, call, (Unavailable,))


async def _raises(
    tool: Tool[Any], when: str, call: Awaitable[object], wanted: tuple[type[Exception], ...]
) -> None:
    try:
        answer = await call
    except wanted:
        return
    except Exception as error:
        raise AssertionError(f"{tool.name}: {when} raised {error!r}") from error
    raise AssertionError(f"{tool.name}: {when} gave {answer!r}")


async def _in_time(tool: Tool[Any], call: Awaitable[None]) -> None:
    try:
        await asyncio.wait_for(call, SHORT_SECONDS + GRACE_SECONDS)
    except TimeoutError as error:
        raise AssertionError(f"{tool.name}: ran on past its deadline") from error


def _context(seconds: float = 30, key: str = "") -> Context:
    return Context(deadline=datetime.now(UTC) + timedelta(seconds=seconds), key=key)


def _key() -> str:
    return f"conformance-{uuid4().hex}"


@asynccontextmanager
async def _over(
    connect: Callable[[str], Backend], build: Callable[[Any], T], url: str
) -> AsyncIterator[T]:
    backend = connect(url)
    try:
        yield build(backend)
    finally:
        await backend.close()
        await backend.close()


@asynccontextmanager
async def _closed_port() -> AsyncIterator[str]:
    """An address where nothing listens: a port that was free a moment ago."""
    server = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    yield f"http://127.0.0.1:{port}"


@asynccontextmanager
async def _silent_server() -> AsyncIterator[str]:
    """An address that accepts connections and never says a word."""
    writers: list[asyncio.StreamWriter] = []
    server = await asyncio.start_server(
        lambda reader, writer: writers.append(writer), "127.0.0.1", 0
    )
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for writer in writers:
            writer.close()
