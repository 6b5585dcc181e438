"""Any sender that can POST JSON, by a mapping in the settings."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from bot.adapters.redis_inbox import RedisInbox
from bot.domain.values import Alert
from bot.web.sources.generic import MappingError, check_mapping
from tests.fakes.story import at
from tests.web.conftest import Serve


async def told(serve: Serve, inbox: RedisInbox, body: Any, **mapping: str) -> Alert:
    check_mapping(mapping)
    status, answer = await (await serve(mapping=mapping)).post("generic", json=body)
    assert status == 202, answer
    return (await inbox.take(100, 0.05))[-1][1]


async def refused(serve: Serve, body: Any, **mapping: str) -> str:
    status, answer = await (await serve(mapping=mapping)).post("generic", json=body)
    assert status == 400
    return str(answer["error"])


async def test_a_title_is_enough(serve: Serve, inbox: RedisInbox) -> None:
    alert = await told(serve, inbox, {"title": "it smells"})
    assert (alert.title, alert.status, alert.severity) == ("it smells", "firing", "sev3")
    assert alert.starts_at == at(0)


async def test_every_field_is_taken(serve: Serve, inbox: RedisInbox) -> None:
    body = {
        "title": "nightly failed",
        "status": "resolved",
        "severity": "P1",
        "service": "nightly",
        "environment": "staging",
        "fingerprint": "f1",
        "starts_at": "2026-11-23T01:00:00+01:00",
        "labels": {"a": "b"},
        "annotations": {"c": "d"},
        "url": "https://sender.example/1",
    }
    alert = await told(serve, inbox, body)
    assert alert.fingerprint == "generic:f1"
    assert (alert.service, alert.environment, alert.severity) == ("etl", "staging", "sev1")
    assert alert.starts_at == datetime(2026, 11, 23, 0, 0, tzinfo=UTC)
    assert alert.status == "resolved"


async def test_a_mapping_reaches_into_any_shape(serve: Serve, inbox: RedisInbox) -> None:
    alert = await told(
        serve,
        inbox,
        {"event": {"checks": [{"name": "disk"}, {"name": "cpu"}], "up": False}},
        title="body.event.checks[1].name + ' is bad'",
        status="body.event.up ? 'resolved' : 'firing'",
        labels="{'check': body.event.checks[0].name}",
    )
    assert (alert.title, alert.status) == ("cpu is bad", "firing")
    assert alert.labels == {"check": "disk"}


async def test_a_resolved_one_finds_its_firing_one_without_a_fingerprint(
    serve: Serve, inbox: RedisInbox
) -> None:
    body = {"title": "nightly failed", "service": "nightly", "labels": {"a": "1", "b": "2"}}
    firing = await told(serve, inbox, body)
    turned = {**body, "labels": {"b": "2", "a": "1"}, "status": "resolved", "severity": "info"}
    assert (await told(serve, inbox, turned)).fingerprint == firing.fingerprint
    other = await told(serve, inbox, {**body, "title": "weekly failed"})
    assert other.fingerprint != firing.fingerprint


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, "title (from body.title): Field required"),
        ({"title": ""}, "title (from body.title): "),
        ({"title": "x" * 301}, "title (from body.title): "),
        ({"title": ["a"]}, "title (from body.title): "),
        ({"title": "a", "status": "odd"}, "status: 'odd' is neither 'firing' nor 'resolved'"),
        ({"title": "a", "starts_at": "noon"}, "starts_at (from body.starts_at): "),
        ({"title": "a", "labels": {"n": 1}}, "labels (from body.labels): "),
        ({"title": "a", "labels": "x"}, "labels (from body.labels): "),
    ],
)
async def test_what_is_wrong_is_named_with_its_source(serve: Serve, body: Any, words: str) -> None:
    assert (await refused(serve, body)).startswith(words)


async def test_a_mapping_that_finds_nothing_is_named(serve: Serve) -> None:
    error = await refused(serve, {"title": "a"}, title="body.event.name")
    assert error.startswith("title (from body.event.name): ")


@pytest.mark.parametrize(
    "body",
    [
        b'{"title": "\\ud800"}',
        b'{"title": "a", "labels": {"x": "\\udfff"}}',
        b'{"title": "a", "extra": ' + b"[" * 900 + b"]" * 900 + b"}",
    ],
    ids=["half a character", "half a character in a label", "deeply nested"],
)
async def test_no_body_breaks_it(serve: Serve, body: bytes) -> None:
    status, _ = await (await serve()).post("generic", data=body)
    assert status in (202, 400)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
async def test_what_json_has_no_word_for_is_refused(serve: Serve, number: str) -> None:
    data = f'{{"title": "a", "starts_at": {number}}}'
    status, answer = await (await serve()).post("generic", data=data)
    assert (status, answer["error"]) == (400, f"body: not JSON: {number} is no value")


@pytest.mark.parametrize(
    ("mapping", "words"),
    [
        ({"titel": "body.x"}, "no field 'titel'; there are title"),
        ({"title": "body."}, "OPSBOT_GENERIC_MAPPING: title: "),
        ({"title": "system('ls')"}, "OPSBOT_GENERIC_MAPPING: title: no function 'system'"),
        ({"title": ""}, "title: the expression is empty"),
    ],
)
def test_a_wrong_mapping_is_refused_at_the_start(mapping: dict[str, str], words: str) -> None:
    with pytest.raises(MappingError) as error:
        check_mapping(mapping)
    assert words in str(error.value)
