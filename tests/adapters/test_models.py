"""A model's name says whose it is, and what is missing is said by name."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from bot import settings
from bot.adapters.anthropic_model import AnthropicModel
from bot.adapters.model_prices import card
from bot.adapters.models import make_model
from bot.adapters.openai_model import OpenAIModel
from bot.agent.model import ModelAwayError, Usage

KEY = SecretStr("k")
LOCAL = "http://127.0.0.1:9/v1"


@pytest.mark.parametrize(
    ("name", "kind", "told"),
    [
        ("claude-sonnet-5-5", AnthropicModel, "claude-sonnet-5-5"),
        ("gpt-6-sol", OpenAIModel, "gpt-6-sol"),
        ("openai:claude-behind-a-proxy", OpenAIModel, "claude-behind-a-proxy"),
        ("qwen3:14b", OpenAIModel, "qwen3:14b"),
    ],
)
async def test_a_name_finds_its_provider(name: str, kind: type, told: str) -> None:
    model = make_model(name, anthropic_key=KEY, openai_base_url=LOCAL)
    assert isinstance(model, kind)
    assert model.name == told
    await model.close()


@pytest.mark.parametrize(
    ("name", "missing"),
    [
        ("claude-opus-5-5", "ANTHROPIC_API_KEY"),
        ("gpt-6-sol", "OPENAI_API_KEY"),
        ("openai:x", "OPENAI_API_KEY"),
        ("llama", "OPENAI_BASE_URL"),
    ],
)
def test_what_is_missing_is_said_by_name(name: str, missing: str) -> None:
    with pytest.raises(ModelAwayError, match=missing):
        make_model(name)


def test_a_million_tokens_cost_what_the_price_list_says() -> None:
    sonnet = card("claude-sonnet-5-5").price
    assert sonnet.of(Usage(input=1_000_000)) == pytest.approx(2)
    assert sonnet.of(Usage(output=1_000_000)) == pytest.approx(10)
    assert sonnet.of(Usage(cache_read=1_000_000)) == pytest.approx(0.2)
    assert card("claude-opus-5-5").price.output == pytest.approx(20)
    assert card("claude-haiku-5-5").price.input == pytest.approx(0.1)


def test_a_dated_name_has_the_price_of_its_model() -> None:
    assert card("claude-haiku-4-5-20251001") == card("claude-haiku-4-5")


def test_an_unknown_model_says_so() -> None:
    assert not card("qwen3:14b").known
    assert card("qwen3:14b").price.of(Usage(input=9, output=9)) == 0


def _read(**given: str) -> settings.Settings:
    return settings.read(given, Path("no such file"))


def test_without_a_key_no_model_is_chosen() -> None:
    assert _read(OPSBOT_TRIAGE_MODEL="claude-haiku-5-5").chosen_model is None
    assert _read().chosen_triage_model is None


def test_an_anthropic_key_alone_chooses_sonnet_and_haiku() -> None:
    read = _read(ANTHROPIC_API_KEY="k")
    assert read.chosen_model == "claude-sonnet-5-5"
    assert read.chosen_triage_model == "claude-haiku-5-5"


def test_another_model_does_its_own_triage_unless_told_otherwise() -> None:
    read = _read(OPENAI_BASE_URL=LOCAL, OPSBOT_MODEL="qwen3:14b")
    assert read.chosen_triage_model == "qwen3:14b"
    read = _read(OPENAI_BASE_URL=LOCAL, OPSBOT_MODEL="qwen3:14b", OPSBOT_TRIAGE_MODEL="qwen3:4b")
    assert read.chosen_triage_model == "qwen3:4b"


def test_a_server_without_the_name_of_a_model_is_refused() -> None:
    with pytest.raises(settings.SettingsError, match="OPSBOT_MODEL"):
        _ = _read(OPENAI_BASE_URL=LOCAL).chosen_model


def test_no_key_is_shown() -> None:
    read = _read(ANTHROPIC_API_KEY="planted", OPENAI_API_KEY="planted")
    assert "planted" not in repr(read)
