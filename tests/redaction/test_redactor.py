"""Secrets are taken out before a model or a person sees them."""

from __future__ import annotations

from typing import Any

import pytest

from bot.redaction.redactor import RedactionFailedError, Redactor

TOKENS = [
    "AKIA" + "IOSFODNN7EXAMPLE",
    "ASIA" + "IOSFODNN7EXAMPLE",
    "xoxb-" + "123456789012-abcdefABCDEF",
    "xapp-" + "1-A012-3456-abcdef",
    "ghp_" + "a1B2" * 9,
    "github_pat_" + "11ABCDE0a1B2c3D4e5F6_" + "x9Y8" * 10,
    "sk-" + "ant-api03-" + "Zz9" * 9,
    "eyJhbGciOiJIUzI1NiJ9." + "eyJzdWIiOiIxMjM0In0." + "dozjgNryP4J3jVmNHl0w",
    "-----BEGIN RSA " + "PRIVATE KEY-----\nMIIEow\nIBAAKC\n-----END RSA PRIVATE KEY-----",
]
NAMED = [
    "password=hunter2hunter2",
    "Password: hunter2hunter2",
    'passwd: "hunter2hunter2"',
    "DB_PASSWORD=hunter2hunter2",
    "client_secret='hunter2hunter2'",
    "api_key=hunter2hunter2",
    "X-Api-Key: hunter2hunter2",
    "access_token: hunter2hunter2",
    '{"token": "hunter2hunter2"}',
    '{\\"token\\": \\"hunter2hunter2\\"}',
    "Authorization: Bearer hunter2hunter2",
    "authorization: basic aHVudGVyMmh1bnRlcjI=",
    "postgres://app:hunter2hunter2@db:5432/orders",
    "redis://:hunter2hunter2@cache:6379/0",
]


@pytest.mark.parametrize("token", TOKENS, ids=lambda token: token[:10])
def test_a_token_is_known_by_its_shape(token: str) -> None:
    cleaned = Redactor().clean(f"before {token} after")
    assert token not in cleaned
    assert max((part in cleaned for part in token.split() if len(part) > 8), default=False) is False
    assert cleaned.startswith("before ")
    assert cleaned.endswith(" after")


@pytest.mark.parametrize("text", NAMED)
def test_a_value_is_known_by_its_name(text: str) -> None:
    cleaned = Redactor().clean(text)
    assert "hunter2" not in cleaned
    assert "aHVudGVy" not in cleaned
    assert "[secret " in cleaned


def test_a_known_value_is_taken_out_wherever_it_stands() -> None:
    redactor = Redactor(["s3cr3t-of-jira", "s3cr3t-of-jira-and-more"])
    cleaned = redactor.clean("user=s3cr3t-of-jira-and-more;x-s3cr3t-of-jira-y")
    assert "s3cr3t" not in cleaned
    assert "and-more" not in cleaned


def test_the_same_secret_leaves_the_same_mark_and_another_another() -> None:
    redactor = Redactor(["planted-secret"])
    first, second = redactor.clean("planted-secret"), redactor.clean("x planted-secret y")
    assert first in second
    assert redactor.clean("password=planted-secret").endswith(first)
    assert Redactor(["other-secret"]).clean("other-secret") != first


def test_what_was_cleaned_once_stays_as_it_is() -> None:
    redactor = Redactor(["planted-secret"])
    once = redactor.clean("password=planted-secret; token: abcdefgh; //a:bcdefgh@host")
    assert redactor.clean(once) == once


@pytest.mark.parametrize(
    "text",
    [
        "replica-2 lags 2.3 h; 4120 tokens used",
        "the password was wrong",
        "token bucket is empty",
        "task-12 of ask-me-anything-about-this-long-name",
        "GET /api/v1/query?query=up&time=1732326420 200",
        "connection timeout to source DB replica-2 after 30 s",
        "commit 3f76af31f0c2a9d4e5b6c7d8e9f0a1b2c3d4e5f6",
    ],
)
def test_ordinary_words_stay(text: str) -> None:
    assert Redactor(["up", "", "GET"]).clean(text) == text


@pytest.mark.parametrize("error", [RecursionError, MemoryError, ValueError, TypeError])
def test_a_text_that_cannot_be_cleaned_does_not_go_out(error: type[Exception]) -> None:
    class Broken(str):
        def isascii(self) -> bool:
            raise error(self)

    with pytest.raises(RedactionFailedError) as failed:
        Redactor(["planted-secret"]).clean(Broken("planted-secret"))
    assert "planted" not in str(failed.value)


def test_what_is_nested_too_deeply_does_not_go_out() -> None:
    deep: Any = "planted-secret"
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(RedactionFailedError):
        Redactor().clean_all(deep)
