"""The smallest outside world: a lamp, its server, and a good tool of each shape over it."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from aiohttp import web
from pydantic import Field

from tools.kit.errors import Unavailable
from tools.kit.http import HttpClient
from tools.kit.tool import Context, Params, ReadTool, ReversibleTool
from tools.kit.types import (
    Applied,
    Change,
    DryRun,
    Effect,
    Evidence,
    Frozen,
    Handle,
    Target,
    Verification,
)


class Lamp:
    """The outside: a lamp with a colour, and the key of who set it last."""

    def __init__(self) -> None:
        self.colour = "red"
        self.keys: list[str] = []

    async def handle(self, request: web.Request) -> web.Response:
        if request.method == "POST":
            said = await request.json()
            self.colour = said["colour"]
            self.keys.append(said["key"])
        return web.json_response({"colour": self.colour, "keys": self.keys})

    async def world(self) -> object:
        return self.colour

    async def effects(self) -> int:
        return len(self.keys)


class Link:
    """The lamp's backend."""

    def __init__(self, url: str) -> None:
        self.http = HttpClient("lamp", url)

    async def check(self) -> str:
        return "a lamp"

    async def close(self) -> None:
        await self.http.close()


class Colour(Params):
    colour: Annotated[str, Field(description="Name of a colour.")]


class Saved(Frozen):
    colour: str


class LookAtLamp(ReadTool[Colour]):
    """Say whether the lamp has a colour."""

    name: ClassVar[str] = "look_at_lamp"
    yields: ClassVar[frozenset[str]] = frozenset({"same"})

    def __init__(self, link: Link) -> None:
        self.http = link.http

    async def run(self, params: Colour, ctx: Context) -> Evidence:
        reply = await self.http.read("GET", "/", ctx)
        same = reply.body["colour"] == params.colour
        return Evidence(
            tool=self.name,
            query="GET /",
            summary="it has" if same else "it has not",
            excerpt="x" * min(500, ctx.max_chars),
            status="found" if same else "empty",
            values={"same": same},
        )


class SetLamp(ReversibleTool[Colour, Saved]):
    """Set the lamp's colour."""

    name: ClassVar[str] = "set_lamp"
    effect: ClassVar[Effect] = Effect.WRITE

    def __init__(self, link: Link) -> None:
        self.http = link.http

    async def dry_run(self, params: Colour, ctx: Context) -> DryRun:
        now = (await self.state(ctx))["colour"]
        change = Change(target="lamp", field="colour", before=now, after=params.colour)
        return DryRun(
            summary="Set lamp", targets=(Target(kind="lamp", name="lamp"),), changes=(change,)
        )

    async def execute(self, params: Colour, ctx: Context) -> Handle:
        return await self.set(params.colour, ctx)

    async def applied(self, key: str, handle: Handle | None, ctx: Context) -> Applied:
        try:
            state = await self.state(ctx)
        except Unavailable as error:
            return Applied(answer="unknown", summary=str(error))
        if key not in state["keys"]:
            return Applied(answer="no", summary="not set")
        return Applied(answer="yes", summary="set", handle=Handle(ref=key, summary="set"))

    async def verify(self, params: Colour, handle: Handle, ctx: Context) -> Verification:
        right = (await self.state(ctx))["colour"] == params.colour
        return Verification(status="passed" if right else "failed", summary="looked")

    async def checkpoint(self, params: Colour, ctx: Context) -> Saved:
        return Saved(colour=(await self.state(ctx))["colour"])

    async def rollback(self, params: Colour, checkpoint: Saved, ctx: Context) -> Handle:
        return await self.set(checkpoint.colour, ctx)

    async def state(self, ctx: Context) -> dict[str, Any]:
        state: dict[str, Any] = (await self.http.read("GET", "/", ctx)).body
        return state

    async def set(self, colour: str, ctx: Context) -> Handle:
        if ctx.key not in (await self.state(ctx))["keys"]:
            await self.http.write("POST", "/", ctx, json={"colour": colour, "key": ctx.key})
        return Handle(ref=ctx.key, summary="set")
