"""A model that says what a script tells it to, over the protocols of Claude and of OpenAI."""

from bot.sandbox.model.script import Answer, Asked, Call, Result, Turn
from bot.sandbox.model.server import ScriptedModelServer

__all__ = ["Answer", "Asked", "Call", "Result", "ScriptedModelServer", "Turn"]
