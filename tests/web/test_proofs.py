"""Each sender proves itself, or nothing of what it says is taken: one table for all."""

from __future__ import annotations

import gzip
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from bot.adapters.redis_inbox import RedisInbox
from bot.web.delivery import Delivery
from bot.web.proofs import basic, bearer, hmac_hex
from bot.web.server import MOST_BYTES
from tests.fakes import senders as fake
from tests.fakes.senders import SENDERS, FakeSender, Headers, earlier
from tests.fakes.story import at
from tests.web.conftest import Sender, Serve

Send = Callable[..., Awaitable[tuple[int, dict[str, Any]]]]


def secret_of(name: str) -> str:
    return f"the-secret-of-{name}"


ALL = {name: [secret_of(name)] for name in SENDERS}


@pytest.fixture
async def door(serve: Serve) -> Sender:
    """A server that every sender has a secret for, each its own."""
    return await serve(secrets=ALL)


@pytest.fixture(params=list(SENDERS))
def name(request: pytest.FixtureRequest) -> str:
    told: str = request.param
    return told


@pytest.fixture
def sender(name: str) -> FakeSender:
    return SENDERS[name]


async def waiting(inbox: RedisInbox) -> int:
    return len(await inbox.take(100, 0.001))


def changed(headers: Headers, change: Callable[[str], str]) -> Headers:
    """The proof itself, the first header, changed."""
    (key, value), *others = headers
    return [(key, change(value)), *others]


async def test_the_right_secret_is_let_in(
    door: Sender, inbox: RedisInbox, name: str, sender: FakeSender
) -> None:
    body = sender.body()
    answer = await door.post(name, data=body, headers=sender.headers(secret_of(name), body))
    assert answer == (202, {"accepted": 1})
    assert await waiting(inbox) == 1


WRONG: dict[str, Callable[[str, FakeSender, bytes], Headers]] = {
    "a wrong secret": lambda name, s, body: s.headers(secret_of(name) + "x", body),
    "the beginning of the secret": lambda name, s, body: s.headers(secret_of(name)[:-1], body),
    "an empty secret": lambda name, s, body: s.headers("", body),
    "no proof": lambda name, s, body: list(s.beside),
    "an empty proof": lambda name, s, body: changed(s.headers(secret_of(name), body), lambda _: ""),
    "the proof twice": lambda name, s, body: (
        (right := s.headers(secret_of(name), body))[:1] + right
    ),
    "a wrong proof, then the right one": lambda name, s, body: (
        s.headers("wrong", body)[:1] + s.headers(secret_of(name), body)
    ),
    "not ASCII": lambda name, s, body: changed(
        s.headers(secret_of(name), body), lambda v: v[:-1] + "\u00e4"
    ),
    "not hex": lambda name, s, body: changed(
        s.headers(secret_of(name), body), lambda v: v[:-1] + "~"
    ),
    "cut short": lambda name, s, body: changed(s.headers(secret_of(name), body), lambda v: v[:-1]),
    "one letter too many": lambda name, s, body: changed(
        s.headers(secret_of(name), body), lambda v: v + "0"
    ),
}


@pytest.mark.parametrize("how", WRONG)
async def test_without_the_right_proof_nothing_is_taken(
    door: Sender, inbox: RedisInbox, name: str, sender: FakeSender, how: str
) -> None:
    body = sender.body()
    status, answer = await door.post(name, data=body, headers=WRONG[how](name, sender, body))
    assert status == 401
    assert "secret" in answer["error"]
    assert secret_of(name) not in answer["error"]
    assert await waiting(inbox) == 0


async def test_a_body_with_one_byte_flipped_is_not_what_was_signed(
    door: Sender, inbox: RedisInbox, name: str, sender: FakeSender
) -> None:
    body = sender.body()
    headers = sender.headers(secret_of(name), body)
    for place in (0, len(body) // 2, len(body) - 1):
        flipped = body[:place] + bytes([body[place] ^ 1]) + body[place + 1 :]
        status, _ = await door.post(name, data=flipped, headers=headers)
        # A fixed secret says who sends, and nothing of what.
        assert status == 401 if sender.signs_body else status in (202, 400)
    assert await waiting(inbox) == 0 or not sender.signs_body


async def test_nobody_can_send_under_the_name_of_another(
    door: Sender, inbox: RedisInbox, name: str, sender: FakeSender
) -> None:
    body = sender.body()
    for other, theirs in SENDERS.items():
        if other != name:
            headers = [*theirs.headers(secret_of(other), body), *sender.beside]
            assert (await door.post(name, data=body, headers=headers))[0] == 401, other
    assert await waiting(inbox) == 0


async def test_while_a_secret_is_changed_both_hold_and_then_the_new_one_alone(
    serve: Serve, name: str, sender: FakeSender
) -> None:
    body = sender.body()
    both = await serve(secrets={name: ["the-new-one", "the-old-one"]})
    after = await serve(secrets={name: ["the-new-one"]})
    for secret, then in (("the-new-one", 202), ("the-old-one", 401), ("older", 401)):
        headers = sender.headers(secret, body)
        assert (await both.post(name, data=body, headers=headers))[0] == (
            401 if secret == "older" else 202
        )
        assert (await after.post(name, data=body, headers=headers))[0] == then


@pytest.mark.parametrize("name", [name for name in SENDERS if name != "sns"])
@pytest.mark.parametrize("secrets", [[], [""], ["", ""]], ids=["none", "empty", "two empty"])
async def test_a_sender_without_a_secret_has_no_route(
    serve: Serve, name: str, sender: FakeSender, secrets: list[str]
) -> None:
    door = await serve(secrets={**ALL, name: secrets})
    body = sender.body()
    for secret in ("", secret_of(name)):
        status, _ = await door.post(name, data=body, headers=sender.headers(secret, body))
        assert status == 404


async def test_a_replay_says_nothing_new(
    door: Sender, inbox: RedisInbox, name: str, sender: FakeSender
) -> None:
    body = sender.body()
    headers = sender.headers(secret_of(name), body)
    for _ in range(3):
        assert (await door.post(name, data=body, headers=headers))[0] == 202
    known_again = sender.signs_body if sender.has_id is None else sender.has_id
    assert await waiting(inbox) == (1 if known_again else 3)


@pytest.mark.parametrize("name", [name for name, s in SENDERS.items() if s.stale_after])
async def test_where_the_time_is_signed_another_time_is_stale(
    door: Sender, inbox: RedisInbox, name: str, sender: FakeSender
) -> None:
    limit = sender.stale_after or 0
    for age, status in ((limit + 1, 401), (-limit - 1, 401), (limit - 1, 202)):
        body = sender.body(earlier(age))
        headers = sender.headers(secret_of(name), body, earlier(age))
        assert (await door.post(name, data=body, headers=headers))[0] == status, age
    assert await waiting(inbox) == 1


async def test_a_body_over_a_mebibyte_is_413(
    door: Sender, inbox: RedisInbox, name: str, sender: FakeSender
) -> None:
    body = sender.body().ljust(MOST_BYTES + 1)
    status, answer = await door.post(name, data=body, headers=sender.headers(secret_of(name), body))
    assert (status, answer) == (413, {"error": f"body: more than {MOST_BYTES} bytes"})
    assert await waiting(inbox) == 0


async def test_what_is_packed_is_refused_unread(
    door: Sender, inbox: RedisInbox, name: str, sender: FakeSender
) -> None:
    plain = sender.body()
    for packed in (gzip.compress(plain), gzip.compress(b" " * 50_000_000)):
        for proved in (packed, plain):
            headers = [*sender.headers(secret_of(name), proved), ("Content-Encoding", "gzip")]
            status, answer = await door.post(name, data=packed, headers=headers)
            assert (status, answer) == (415, {"error": "body: send it without Content-Encoding"})
    assert await waiting(inbox) == 0


@pytest.mark.parametrize("body", [b"", b"not json", b"\xff\xfe", b"[]", b"[" * 100_000, b"{}"])
async def test_a_proved_body_that_cannot_be_read_is_400_and_says_where(
    door: Sender, inbox: RedisInbox, name: str, sender: FakeSender, body: bytes
) -> None:
    status, answer = await door.post(name, data=body, headers=sender.headers(secret_of(name), body))
    # Linear's time and the whole of SNS's proof are in the body: without it there is none.
    assert status == (401 if name in ("linear", "sns") else 400)
    assert status == 401 or ": " in answer["error"]
    assert await waiting(inbox) == 0


@pytest.mark.invariant(1)
async def test_an_inbox_that_cannot_be_written_is_503_for_each(
    serve: Serve, name: str, sender: FakeSender
) -> None:
    class Full:
        async def put(self, alerts: Any, once: str = "") -> None:
            raise OSError("disk full")

    door = await serve(into=Full(), secrets=ALL)
    body = sender.body()
    answer = await door.post(name, data=body, headers=sender.headers(secret_of(name), body))
    assert answer == (503, {"error": "not stored, send it again"})


GITHUB_SECRET = "It's a Secret to Everybody"
GITHUB_SAYS = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"


async def test_githubs_published_example_is_taken_for_its_own(serve: Serve) -> None:
    headers = (("X-Hub-Signature-256", GITHUB_SAYS), ("X-GitHub-Event", "ping"))
    delivery = Delivery(b"Hello, World!", headers, at(0))
    assert hmac_hex("X-Hub-Signature-256", "sha256=")(delivery, [GITHUB_SECRET])
    door = await serve(secrets={"github": [GITHUB_SECRET]})
    given = {"data": b"Hello, World!", "headers": headers[:1]}
    status, answer = await door.post("github", **given)
    assert (status, answer["error"][:16]) == (400, "X-GitHub-Event: ")
    assert (await door.post("github", data=b"Hello, World?", headers=headers))[0] == 401


async def test_of_pagerdutys_signatures_one_has_to_match(door: Sender) -> None:
    body, secret = SENDERS["pagerduty"].body(), secret_of("pagerduty")
    right, wrong = f"v1={fake.mac(secret, body)}", f"v1={fake.mac('another', body)}"
    for given, status in (
        (f"{wrong},{right}", 202),
        (f"{wrong}, {right}", 202),
        (f"v2={right[3:]}", 401),
        (f"{wrong},{wrong}", 401),
        (right[3:], 401),
        (",", 401),
    ):
        headers = [("X-PagerDuty-Signature", given)]
        assert (await door.post("pagerduty", data=body, headers=headers))[0] == status, given


async def test_pagerdutys_event_is_known_by_the_id_that_is_signed(
    door: Sender, inbox: RedisInbox
) -> None:
    secret = secret_of("pagerduty")
    for number, event in enumerate(("one", "one", "two")):
        body = json.dumps(fake.pagerduty(id=event, retry=number)).encode()
        headers = [
            *SENDERS["pagerduty"].headers(secret, body), ("X-Webhook-Id", f"w{number}"),
        ]  # fmt: skip
        assert (await door.post("pagerduty", data=body, headers=headers))[0] == 202
    assert await waiting(inbox) == 2


@pytest.mark.parametrize("stamp", [None, "", "soon", "-1", "1e3", "١٧", "9" * 13])
async def test_grafanas_timestamp_has_to_be_there_and_a_number(
    door: Sender, stamp: str | None
) -> None:
    body = SENDERS["grafana"].body()
    signed = body if stamp is None else f"{stamp}:".encode() + body
    headers = [("X-Grafana-Alerting-Signature", fake.mac(secret_of("grafana"), signed))]
    if stamp is not None:
        headers.append(("X-Grafana-Alerting-Timestamp", stamp))
    status, answer = await door.post("grafana", data=body, headers=headers)
    assert status == 401
    assert "X-Grafana-Alerting-Timestamp" in answer["error"]


def test_basic_authorization_is_one_header_with_user_and_secret() -> None:
    def holds(headers: Headers) -> bool:
        return basic("opsbot")(Delivery(b"", tuple(headers), at(0)), ["new", "old"])

    assert holds(fake.basic("opsbot", "new"))
    assert holds(fake.basic("opsbot", "old"))
    assert not holds(fake.basic("opsbot", "older"))
    assert not holds(fake.basic("other", "new"))
    assert not holds([*fake.basic("opsbot", "new"), *fake.basic("opsbot", "new")])
    assert not holds([])


def test_bytes_that_are_no_text_are_not_taken_for_a_question_mark() -> None:
    given = Delivery(b"", (("Authorization", "Bearer a\udcffb"),), at(0))
    assert not bearer()(given, ["a?b"])
