"""The conformance suite itself: each promise a tool breaks is found."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tests.fakes.http_server import FakeServer
from tests.fakes.lamp import Colour, Lamp, Link, LookAtLamp, Saved, SetLamp
from tools.kit.conformance import (
    ReadCase,
    WriteCase,
    check_read_tool,
    check_reversible_tool,
    check_write_tool,
)
from tools.kit.errors import Unavailable
from tools.kit.http import within
from tools.kit.tool import Context
from tools.kit.types import Applied, DryRun, Evidence, Handle, Verification


class Desk:
    def __init__(self, lamp: Lamp, url: str) -> None:
        self.lamp = lamp
        self.url = url

    def look(self, tool: type[LookAtLamp]) -> ReadCase[Colour]:
        return ReadCase(Link, tool, self.url, Colour(colour="red"), Colour(colour="blue"))

    def set(self, tool: type[SetLamp]) -> WriteCase[Colour]:
        lamp = self.lamp
        params = Colour(colour="green")
        return WriteCase(Link, tool, self.url, params, lamp.world, lamp.effects, 0.5)


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    lamp = Lamp()
    async with FakeServer(lamp.handle) as server:
        yield Desk(lamp, server.url)


async def test_a_good_tool_of_each_shape_passes(desk: Desk) -> None:
    await check_read_tool(desk.look(LookAtLamp))
    await check_reversible_tool(desk.set(SetLamp))
    await check_write_tool(desk.set(SetLamp))


class TooLong(LookAtLamp):
    """Says more than it may."""

    async def run(self, params: Colour, ctx: Context) -> Evidence:
        return await super().run(params, replace(ctx, max_chars=9_999))


class DownIsEmpty(LookAtLamp):
    """Takes silence for nothing."""

    async def run(self, params: Colour, ctx: Context) -> Evidence:
        try:
            return await super().run(params, ctx)
        except Unavailable:
            return Evidence(tool=self.name, query="GET /", summary="nothing", status="empty")


class NothingIsFound(LookAtLamp):
    """Takes nothing for something."""

    async def run(self, params: Colour, ctx: Context) -> Evidence:
        return (await super().run(params, ctx)).model_copy(update={"status": "found"})


class NotJson(LookAtLamp):
    """Hands out values that no condition can read."""

    async def run(self, params: Colour, ctx: Context) -> Evidence:
        values = {"n": float("nan")}
        return (await super().run(params, ctx)).model_copy(update={"values": values})


class NoDeadline(LookAtLamp):
    """Waits for as long as it takes."""

    async def run(self, params: Colour, ctx: Context) -> Evidence:
        return await super().run(params, replace(ctx, deadline=within(20).deadline))


@pytest.mark.parametrize(
    ("tool", "complaint"),
    [
        (TooLong, "budget 120"),
        (DownIsEmpty, "a backend that is down gave"),
        (NothingIsFound, "'found' where nothing is"),
        (NotJson, "not JSON compliant"),
        (NoDeadline, "past its deadline"),
    ],
)
async def test_a_read_tool_that_breaks_a_promise_is_found(
    desk: Desk, tool: type[LookAtLamp], complaint: str
) -> None:
    with pytest.raises((AssertionError, ValueError), match=complaint):
        await check_read_tool(desk.look(tool))


class EagerPreview(SetLamp):
    """Sets it in the preview."""

    async def dry_run(self, params: Colour, ctx: Context) -> DryRun:
        shown = await super().dry_run(params, ctx)
        await self.set(params.colour, replace(ctx, key="eager"))
        return shown


class MovingPreview(SetLamp):
    """Never says the same thing twice."""

    async def dry_run(self, params: Colour, ctx: Context) -> DryRun:
        shown = await super().dry_run(params, ctx)
        return shown.model_copy(update={"warnings": (str(datetime.now(UTC)),)})


class Repeats(SetLamp):
    """Does it again under the same key."""

    async def set(self, colour: str, ctx: Context) -> Handle:
        await self.http.write("POST", "/", ctx, json={"colour": colour, "key": ctx.key})
        return Handle(ref=ctx.key, summary="set")


class AlwaysMine(SetLamp):
    """Takes every effect for its own."""

    async def applied(self, key: str, handle: Handle | None, ctx: Context) -> Applied:
        return Applied(answer="yes", summary="sure", handle=Handle(ref=key, summary="set"))


class SilenceIsNo(SetLamp):
    """Takes a backend that is down for proof that nothing happened."""

    async def applied(self, key: str, handle: Handle | None, ctx: Context) -> Applied:
        seen = await super().applied(key, handle, ctx)
        return seen if seen.answer == "yes" else Applied(answer="no", summary="not set")


class NeverDone(SetLamp):
    """Has it pending for ever."""

    async def verify(self, params: Colour, handle: Handle, ctx: Context) -> Verification:
        return Verification(status="pending", summary="soon", after_seconds=0.1)


class Forgets(SetLamp):
    """Puts back something else."""

    async def rollback(self, params: Colour, checkpoint: Saved, ctx: Context) -> Handle:
        return await self.set("black", ctx)


@pytest.mark.parametrize(
    ("tool", "complaint"),
    [
        (EagerPreview, "dry_run changed something"),
        (MovingPreview, "two dry runs of one world differ"),
        (Repeats, "one key had its effect twice"),
        (AlwaysMine, "applied says 'yes' before the call"),
        (SilenceIsNo, "applied says 'no' while down"),
        (NeverDone, "still pending"),
    ],
)
async def test_a_write_tool_that_breaks_a_promise_is_found(
    desk: Desk, tool: type[SetLamp], complaint: str
) -> None:
    with pytest.raises(AssertionError, match=complaint):
        await check_write_tool(desk.set(tool))


@pytest.mark.parametrize(
    ("tool", "complaint"),
    [(Forgets, "rollback left another world"), (Repeats, "rollback under one key ran twice")],
)
async def test_a_reversible_tool_that_breaks_a_promise_is_found(
    desk: Desk, tool: type[SetLamp], complaint: str
) -> None:
    with pytest.raises(AssertionError, match=complaint):
        await check_reversible_tool(desk.set(tool))
