"""Claude's answer, put together from its stream."""

from __future__ import annotations

import json
from typing import Any

from bot.adapters.anthropic_request import ADDED
from bot.adapters.model_arguments import read_arguments
from bot.adapters.model_faults import LostAnswerError
from bot.agent.model import ModelTurn, ToolCall, Usage

_STOPS = {
    "end_turn": "end",
    "stop_sequence": "end",
    "tool_use": "tools",
    "pause_turn": "pause",
    "refusal": "refusal",
    "max_tokens": "length",
    "model_context_window_exceeded": "context_full",
}


class AnthropicAnswer:
    """Takes the events of one stream, then gives the turn that they make.

    The blocks are kept as they came, so that they can be sent back with their signatures.
    """

    def __init__(self, added: str = "") -> None:
        self._added = added
        self._blocks: dict[int, dict[str, Any]] = {}
        self._arguments: dict[int, str] = {}
        self._usage: dict[str, int] = {}
        self._model = ""
        self._stop = ""
        self._explanation = ""

    def take(self, event: Any) -> None:
        """One event of the stream."""
        match event.type:
            case "message_start":
                self._model = event.message.model
                self._count(event.message.usage)
            case "content_block_start":
                self._blocks[event.index] = event.content_block.to_dict()
            case "content_block_delta":
                self._add(event.index, event.delta)
            case "message_delta":
                self._stop = event.delta.stop_reason or ""
                details = event.delta.stop_details
                self._explanation = (details.explanation if details else None) or ""
                self._count(event.usage)

    def turn(self) -> ModelTurn:
        """Raises LostAnswerError where the stream ended without saying why."""
        if not self._stop:
            raise LostAnswerError("the stream ended before the answer did")
        calls = [
            self._call(at, block)
            for at, block in sorted(self._blocks.items())
            if block["type"] == "tool_use"
        ]
        stop = _STOPS.get(self._stop, "tools" if calls else "end")
        text = "".join(block["text"] for block in self._blocks.values() if block["type"] == "text")
        if stop == "refusal":
            # What a refused answer asked for is not to be done.
            calls, text = [], text or self._explanation
        return ModelTurn.model_validate(
            {
                "text": text,
                "calls": calls,
                "stop": stop,
                "usage": Usage(
                    input=self._usage.get("input_tokens", 0),
                    output=self._usage.get("output_tokens", 0),
                    cache_read=self._usage.get("cache_read_input_tokens", 0),
                    cache_write=self._usage.get("cache_creation_input_tokens", 0),
                ),
                "model": self._model,
                "raw": self._raw(),
            }
        )

    def _raw(self) -> list[dict[str, Any]]:
        added = [{"type": ADDED, "text": self._added}] if self._added else []
        # An empty text is refused when it comes back.
        return added + [
            block
            for _, block in sorted(self._blocks.items())
            if block["type"] != "text" or block["text"].strip()
        ]

    def _add(self, at: int, delta: Any) -> None:
        block = self._blocks[at]
        match delta.type:
            case "text_delta":
                block["text"] += delta.text
            case "thinking_delta":
                block["thinking"] += delta.thinking
            case "signature_delta":
                block["signature"] = delta.signature
            case "input_json_delta":
                self._arguments[at] = self._arguments.get(at, "") + delta.partial_json

    def _count(self, usage: Any) -> None:
        """Later counts replace earlier ones: they are totals."""
        if usage is not None:
            counts = usage.to_dict()
            self._usage |= {name: n for name, n in counts.items() if isinstance(n, int)}

    def _call(self, at: int, block: dict[str, Any]) -> ToolCall:
        told = self._arguments.get(at, "")
        arguments = read_arguments(told or json.dumps(block["input"]))
        if arguments is not None:
            block["input"] = arguments
            return ToolCall(id=block["id"], name=block["name"], arguments=arguments)
        # It goes back as an object, for nothing else is taken.
        block["input"] = {}
        return ToolCall(id=block["id"], name=block["name"], arguments={}, malformed=told)
