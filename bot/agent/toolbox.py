"""What a model can call: reads that run, changes that are only proposed, and the end."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from functools import cached_property
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.agent.conclusion import Conclude
from bot.agent.context import AMPLE, Sizes
from bot.agent.data import fenced, shown
from bot.agent.fieldwork import Fieldwork, Look
from bot.agent.model import Message, ModelTurn, ToolCall, ToolMessage, ToolResult, ToolSpec
from bot.domain.values import Intended
from bot.incidents.readings import parsed
from bot.redaction.redactor import Redactor
from tools.kit.catalog import Catalog
from tools.kit.errors import InvalidCall
from tools.kit.tool import ReadTool
from tools.kit.types import Effect

CONCLUDE = "conclude"
READ_MORE = "read_more"
MOST_AT_ONCE = 8
_PROPOSABLE = (Effect.WRITE, Effect.DESTRUCTIVE)
"""Not `record`: policy lets the incident's own books be kept without asking, and opsbot keeps them
itself."""


class ReadMore(BaseModel):
    """Read on in evidence that was cut."""

    model_config = ConfigDict(extra="forbid")

    evidence_id: str = Field(description="The id that the cut evidence has.")
    offset: int = Field(description="Characters to skip; the cut said how many were shown.", ge=0)


class Toolbox:
    """The tools of one agent. Nothing in here can change the world."""

    def __init__(
        self,
        catalog: Catalog,
        work: Fieldwork,
        redactor: Redactor,
        *,
        may_propose: bool,
        prefix: str = "",
        end: type[BaseModel] = Conclude,
        end_name: str = CONCLUDE,
        shows: Sizes = AMPLE,
    ) -> None:
        """`prefix` begins the ids of its evidence. `end`: parameters of the call that ends it.
        `shows`: how much of a result the model is given."""
        self._catalog = catalog
        self._work = work
        self._redactor = redactor
        self._may_propose = may_propose
        self._prefix = prefix
        self._end, self.end_name = end, end_name
        self._shows = shows
        self.proposed: list[Intended] = []

    def specs(self) -> tuple[ToolSpec, ...]:
        """Always in the same order and the same bytes."""
        return self._specs

    @cached_property
    def _specs(self) -> tuple[ToolSpec, ...]:
        tools = [
            tool
            for tool in self._catalog
            if isinstance(tool, ReadTool) or (self._may_propose and tool.effect in _PROPOSABLE)
        ]
        return (
            *(
                ToolSpec(name=t.name, description=_description(t), schema_=_untitled(t.schema()))
                for t in sorted(tools, key=lambda tool: tool.name)
            ),
            _spec(READ_MORE, ReadMore),
            _spec(self.end_name, self._end),
        )

    def replay(self, messages: Sequence[Message]) -> None:
        """Propose again what an earlier, killed run of this agent had proposed."""
        answered = {
            result.call_id
            for message in messages
            if isinstance(message, ToolMessage)
            for result in message.results
            if not result.is_error
        }
        for message in messages:
            for call in message.calls if isinstance(message, ModelTurn) else ():
                if call.id in answered and self._is_write(call.name):
                    # Refused now: a deploy came in between, or the id was used twice.
                    with suppress(InvalidCall):
                        self._propose(call)

    async def answer(self, number: int, calls: Sequence[ToolCall]) -> list[ToolResult]:
        """Results of all calls of turn `number`, in their order; reads run side by side.

        The same turn answered again, after a crash, gives evidence the same ids.
        """
        answers = [
            self._answer(f"{self._prefix}t{number}.{index}", call)
            for index, call in enumerate(calls[:MOST_AT_ONCE], start=1)
        ]
        done = list(await asyncio.gather(*answers))
        done += [
            ToolResult(
                call_id=call.id, text=f"not run: at most {MOST_AT_ONCE} calls a turn", is_error=True
            )
            for call in calls[MOST_AT_ONCE:]
        ]
        return [r.model_copy(update={"text": self._redactor.clean(r.text)}) for r in done]

    async def _answer(self, evidence_id: str, call: ToolCall) -> ToolResult:
        if call.malformed:
            text = f"the arguments were no JSON object: {call.malformed[:200]!r}"
            return ToolResult(call_id=call.id, text=text, is_error=True)
        try:
            if call.name == READ_MORE:
                text = self._more(ReadMore.model_validate(call.arguments))
            elif self._is_write(call.name):
                text = self._propose(call)
            else:
                text = await self._look(evidence_id, call)
        except InvalidCall as error:
            return ToolResult(call_id=call.id, text=str(error), is_error=True)
        except ValidationError as error:
            return ToolResult(call_id=call.id, text=f"refused: {_wrong(error)}", is_error=True)
        return ToolResult(call_id=call.id, text=text)

    def _is_write(self, name: str) -> bool:
        return any(t.name == name and t.effect in _PROPOSABLE for t in self._catalog)

    async def _look(self, evidence_id: str, call: ToolCall) -> str:
        tool = self._catalog.read(call.name)
        params = parsed(tool, call.arguments).model_dump(mode="json")
        look = Look(id=evidence_id, title=_title(call), tool=call.name, params=params)
        found = await self._work.take([look], lambda one, e: f"{one.title}: {e.summary}")
        return shown(evidence_id, found[evidence_id], self._shows.result)

    def _propose(self, call: ToolCall) -> str:
        if not self._may_propose:
            raise InvalidCall(f"{call.name} changes something, and you may only look")
        params = parsed(self._catalog.write(call.name), call.arguments).model_dump(mode="json")
        step = Intended(tool=call.name, params=params, tainted=True)
        if step not in self.proposed:
            self.proposed.append(step)
        number = self.proposed.index(step) + 1
        return f"Proposed as step {number}. Nothing ran. It is judged after you conclude."

    def _more(self, wanted: ReadMore) -> str:
        evidence = self._work.evidence.get(wanted.evidence_id)
        if evidence is None:
            there = ", ".join(self._work.evidence) or "none"
            raise InvalidCall(f"no evidence {wanted.evidence_id!r}; there is: {there}")
        part = evidence.excerpt[wanted.offset : wanted.offset + self._shows.more]
        return fenced(evidence.tool, part, id=wanted.evidence_id) if part else "nothing more"


def _spec(name: str, params: type[BaseModel]) -> ToolSpec:
    described = (params.__doc__ or "").strip()
    schema = params.model_json_schema()
    schema.pop("description", None)
    return ToolSpec(name=name, description=described, schema_=_untitled(schema))


def _untitled(schema: Any) -> Any:
    """Without the titles that are the names again: they are sent with every turn."""
    if isinstance(schema, list):
        return [_untitled(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: {name: _untitled(each) for name, each in value.items()}
        if key in ("properties", "$defs")
        else _untitled(value)
        for key, value in schema.items()
        if key != "title"
    }


def _description(tool: ReadTool[Any] | Any) -> str:
    described: str = tool.description()
    return described if tool.effect is Effect.READ else f"PROPOSES ONLY. {described}"


def _title(call: ToolCall) -> str:
    arguments = call.arguments
    about = arguments.get("service") or arguments.get("query") or arguments.get("contains") or ""
    return f"{call.name.replace('_', ' ').capitalize()} {about}".strip()[:90]


def _wrong(error: ValidationError) -> str:
    return "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
