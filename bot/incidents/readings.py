"""Takes a reading afresh and says whether it holds."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from pydantic import ValidationError

from bot.domain.ports import Clock
from bot.domain.values import Reading
from bot.policy.conditions import Truth
from bot.policy.readings import judge
from bot.policy.template import MissingValue, render_text
from tools.kit.catalog import Catalog
from tools.kit.errors import InvalidCall, ToolError
from tools.kit.tool import Context, Params, Tool
from tools.kit.types import Evidence, Frozen

log = logging.getLogger(__name__)
READ_SECONDS = 10.0


class Taken(Frozen):
    """A reading, as it was just now."""

    reading: Reading
    truth: Truth
    shown: str
    """For people: `4 min (limit 30 min)`, or why it is not known."""
    evidence: Evidence

    @property
    def holds(self) -> bool:
        return self.truth is Truth.TRUE


class Readings:
    """Fresh looks at the world. A source that doesn't answer gives *unknown*, never an error."""

    def __init__(
        self, catalog: Catalog, clock: Clock, clean: Callable[[Any], Any] | None = None
    ) -> None:
        """`clean` takes secrets out of plain JSON, before anybody keeps or shows it."""
        self._catalog = catalog
        self._clock = clock
        self._clean = clean

    async def take(self, reading: Reading) -> Taken:
        evidence = await self.look(reading.tool, reading.params)
        judged = judge(reading.expect, reading.captures, reading.known, evidence)
        try:
            shown = render_text(reading.show, judged.scope) if reading.show else evidence.summary
        except MissingValue as missing:
            shown = judged.why or str(missing)
        return Taken(reading=reading, truth=judged.truth, shown=shown, evidence=evidence)

    async def look(self, name: str, params: dict[str, Any]) -> Evidence:
        """Run a read tool; its failure comes back as Evidence with status `failed`."""
        deadline = self._clock() + timedelta(seconds=READ_SECONDS)
        try:
            tool = self._catalog.read(name)
            found = await tool.run(parsed(tool, params), Context(deadline=deadline))
            return Evidence.model_validate(self.clean(found.model_dump()))
        except ToolError as error:
            reason = str(error)
        except Exception as error:
            # An answer that a tool was not made for must not end an investigation.
            log.exception("%s can't make sense of an answer", name)
            reason = f"{name} can't make sense of an answer: {type(error).__name__}"
        failed = Evidence(tool=name, query=str(params), summary=reason, status="failed")
        return Evidence.model_validate(self.clean(failed.model_dump()))

    def clean(self, told: Any) -> Any:
        """Plain JSON without its secrets."""
        return self._clean(told) if self._clean else told


def parsed(tool: Tool[Any], params: dict[str, Any]) -> Params:
    """Raises InvalidCall naming each parameter the tool refuses, or a number without end."""
    try:
        valid = tool.params.model_validate(params)
    except ValidationError as error:
        wrong = "; ".join(
            f"{'.'.join(map(str, e['loc'])) or 'parameters'}: {e['msg']}" for e in error.errors()
        )
        raise InvalidCall(f"{tool.name}: {wrong}") from error
    try:
        json.dumps(valid.model_dump(), allow_nan=False, default=str)
    except ValueError as error:
        # The ledger keeps JSON, which has no such number: something else would run than was asked.
        raise InvalidCall(f"{tool.name}: infinity and NaN are no values of a parameter") from error
    return valid
