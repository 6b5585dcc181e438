"""Which provider a model's name belongs to."""

from __future__ import annotations

import re

from pydantic import SecretStr

from bot.adapters.anthropic_model import AnthropicModel
from bot.adapters.openai_model import OpenAIModel
from bot.agent.model import Model, ModelAwayError

_OPENAI_NAME = re.compile(r"gpt-|o\d|chatgpt-")


def make_model(
    name: str,
    *,
    anthropic_key: SecretStr | None = None,
    anthropic_base_url: str | None = None,
    openai_key: SecretStr | None = None,
    openai_base_url: str | None = None,
) -> Model:
    """`claude-…` is Anthropic's; `openai:…`, `gpt-…` and, where OpenAI is set up, any other name
    are a chat completions server's. Asks nobody anything, but imports the provider's SDK.

    Raises ModelAwayError where the provider isn't set up.
    """
    if name.startswith("claude-"):
        if anthropic_key is None and anthropic_base_url is None:
            raise ModelAwayError(f"{name} needs ANTHROPIC_API_KEY, and it isn't set")
        return AnthropicModel(name, key=anthropic_key, base_url=anthropic_base_url)
    bare = name.removeprefix("openai:")
    if openai_key is None and openai_base_url is None:
        if bare != name or _OPENAI_NAME.match(name):
            raise ModelAwayError(
                f"{name} needs OPENAI_API_KEY, or OPENAI_BASE_URL of a server without keys"
            )
        raise ModelAwayError(
            f"OPSBOT_MODEL is {name!r}: no provider of that name; write claude-…, or set"
            " OPENAI_BASE_URL to the server that has it"
        )
    return OpenAIModel(bare, key=openai_key, base_url=openai_base_url)
