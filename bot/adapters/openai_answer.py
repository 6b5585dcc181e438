"""A chat completion, put together from its stream."""

from __future__ import annotations

from typing import Any

from bot.adapters.model_arguments import read_arguments
from bot.adapters.model_faults import LostAnswerError
from bot.agent.model import ModelTurn, ToolCall, Usage

_CHARS_A_TOKEN = 4
"""For servers that count nothing: a budget has to hold for them too."""


class _Call:
    """A call as far as it came."""

    def __init__(self, call_id: str) -> None:
        self.id = call_id
        self.name = ""
        self.arguments = ""


class OpenAIAnswer:
    """Takes the chunks of one stream, then gives the turn that they make."""

    def __init__(self) -> None:
        self._text = ""
        self._refusal = ""
        self._calls: list[_Call] = []
        self._places: dict[int, _Call] = {}
        self._finish = ""
        self._usage: Any = None
        self._model = ""

    def take(self, chunk: Any) -> None:
        """One chunk; servers differ in what they leave out."""
        self._model = chunk.model or self._model
        self._usage = chunk.usage or self._usage
        for choice in chunk.choices or ():
            self._finish = choice.finish_reason or self._finish
            delta = choice.delta
            if delta is None:
                continue
            self._text += delta.content or ""
            self._refusal += delta.refusal or ""
            for piece in delta.tool_calls or ():
                self._add(piece)

    def turn(self, sent_chars: int) -> ModelTurn:
        """Raises LostAnswerError where the stream ended without saying why. `sent_chars`: length
        of the request, for servers that don't count tokens."""
        if not self._finish:
            raise LostAnswerError("the stream ended before the answer did")
        calls = [self._made(call) for call in self._calls]
        stop = "tools" if calls else "end"
        if self._finish == "length":
            stop = "length"
        if self._finish == "content_filter" or self._refusal:
            stop, calls = "refusal", []
        return ModelTurn.model_validate(
            {
                "text": self._text or self._refusal,
                "calls": calls,
                "stop": stop,
                "usage": self._counted(sent_chars),
                "model": self._model,
                "raw": self._raw(calls),
            }
        )

    def _add(self, piece: Any) -> None:
        call = self._places.get(piece.index)
        # Some servers give every call the same index, and only the id is new.
        if call is None or (piece.id and piece.id != call.id):
            call = _Call(piece.id or f"call_{len(self._calls) + 1}")
            self._calls.append(call)
            self._places[piece.index] = call
        if piece.function:
            call.name += piece.function.name or ""
            call.arguments += piece.function.arguments or ""

    def _made(self, call: _Call) -> ToolCall:
        arguments = read_arguments(call.arguments or "{}")
        if arguments is not None:
            return ToolCall(id=call.id, name=call.name, arguments=arguments)
        told = call.arguments
        # It goes back as an object: servers that put it into a template refuse anything else.
        call.arguments = "{}"
        return ToolCall(id=call.id, name=call.name, arguments={}, malformed=told)

    def _raw(self, made: list[ToolCall]) -> list[dict[str, Any]]:
        calls = [
            {
                "id": call.id,
                "type": "function",
                "function": {"name": call.name, "arguments": call.arguments or "{}"},
            }
            for call in self._calls
        ]
        if not made and not self._text:
            return []
        message: dict[str, Any] = {"role": "assistant", "content": self._text or None}
        return [{**message, "tool_calls": calls} if made else message]

    def _counted(self, sent_chars: int) -> Usage:
        if self._usage is None:
            answered = len(self._text) + sum(len(call.arguments) for call in self._calls)
            return Usage(input=sent_chars // _CHARS_A_TOKEN, output=answered // _CHARS_A_TOKEN)
        details = self._usage.prompt_tokens_details
        read = (details.cached_tokens or 0) if details else 0
        written = (details.cache_write_tokens or 0) if details else 0
        return Usage(
            input=max(0, self._usage.prompt_tokens - read - written),
            output=self._usage.completion_tokens,
            cache_read=read,
            cache_write=written,
        )
