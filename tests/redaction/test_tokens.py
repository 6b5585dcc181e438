"""What is taken for a secret by its looks or its name, and what has to stay readable."""

from __future__ import annotations

import base64
import json
import random
import string
import urllib.parse

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.redaction.entropy import looks_random
from bot.redaction.redactor import Redactor

DRAWN = "q7Zx" + "W2pLk9" + "RtB4vN8s" + "YdH3mC6f"
LOWER = "x7k2m9" + "q4w8z1" + "r5t3y6" + "u0p9s2" + "v8n4"
SHOUTED = LOWER.upper()
PADDED = base64.b64encode(bytes(range(7, 250, 11))).decode()

SECRETS = [
    f"x-key: {DRAWN}",
    f"KEY={DRAWN}",
    f"auth={DRAWN}",
    f'{{"auth": "{DRAWN}"}}',
    f'{{\\"auth\\": \\"{DRAWN}\\"}}',
    f"'salt' => '{DRAWN}'",
    f"pepper: {DRAWN}",
    f"export DEPLOY={DRAWN}",
    f"?code={DRAWN}&state=1",
    f"nonce={LOWER}",
    f"SEED: {SHOUTED}",
    f"blob={PADDED}",
    f"auth={DRAWN[:12]}-{DRAWN}",
    f"https://files.example/a?X-Amz-Signature={'ab12' * 16}",
    f"https://x.blob.example/c?sv=1&sig={DRAWN}%3D",
    "password='correct horse battery'",
    'DB_PASSWORD: "p4ss with spaces"',
    '{"password": "pa;ss,wo rd"}',
    "password=abc<def>ghi",
    "<password>hunter2hunter2</password>",
    "mysql --password hunter2hunter2 -h db",
    "aws_secret_access_key = " + "wJalrXUtnFEMI/K7MDENG/" + "bPxRfiCYzz",
    "AccountKey=" + "aGVsbG8gd29ybGQgaGVsbG8=",
    "Set-Cookie: sid=hunter2hunter2; Path=/",
    "Authorization: GenieKey hunter2hunter2",
    "Authorization: Basic b3BzYm90Omh1bnRlcjI=",
    "clientSecret: hunter2hunter2",
    "glpat-" + "x9Y8z7W6v5U4t3S2r1Q0",
    "sk_live_" + "51H8x9Y8z7W6v5U4t3S2",
    "AIza" + "SyA1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q",
    "hooks.slack.com/services/" + "T012/B345/x9Y8z7W6v5U4t3S2",
    "SG." + "x9Y8z7W6v5U4t3S2." + "r1Q0p9O8n7M6l5K4j3I2",
    "-----BEGIN PGP PRIVATE KEY BLOCK-----\nlQOYBF\n-----END PGP PRIVATE KEY BLOCK-----",
]
READABLE = [
    "commit=3f76af31f0c2a9d4e5b6c7d8e9f0a1b2c3d4e5f6",
    "sha: 7fd1a60b01f91b314f59955a4e4d4e80d8edf11d",
    "digest=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
    "image: app@sha256:757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
    "plan=9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "id=123e4567-e89b-12d3-a456-426614174000",
    '{"request": "123E4567-E89B-12D3-A456-426614174000"}',
    "trace=4bf92f3577b34da6a3ce929d0e0e4736 span=00f067aa0ba902b7",
    "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    "x-amzn-trace: Root=1-67891233-abcdef012345678912345678",
    "uber-trace: 4bf92f3577b34da6a3ce929d0e0e4736:00f067aa0ba902b7:0:1",
    "pod=orders-api-7d9f8b6c5d-x2x9z",
    "pod: etl-nightly-runner-29012345-kq7xw",
    "replicaset=checkout-web-frontend-6f4b9cdd8f",
    "node=ip-10-24-118-203.eu-central-1.compute.internal",
    "instance=i-0abcd1234ef567890",
    "at=2026-11-23T01:47:00.123456789Z",
    "since=20261123T014700.000000Z",
    "ts=1732326420123456789012",
    "thread=1732326420.123456",
    "version=v1.27.3-eks-a5565ad",
    "describe=v2.14.0-118-g3f76af31f0",
    "logger=com.acme.orders.OrderServiceTransactionHandler",
    "class=AbstractSingletonProxyFactoryBean2Impl",
    "stack=MyStack-WebServerGroupProduction-1A2B3C4D5E6F",
    "topic=orders.payments.settlement-requested.v2",
    "table=analytics_prod.fact_orders_daily_2026_11_23",
    "path=/opt/releases/20261123/OrdersApiV2/handlers/RefundHandler2.py",
    "url=https://grafana.example/d/abc123/orders?orgId=1&from=now-1h",
    "arn=arn:aws:sns:eu-central-1:123456789012:orders-alarms",
    'query=sum(rate(http_requests_total{service="orders"}[5m]))',
    "message_id=01ARZ3NDEKTSV4RRFFQ69G5FAV",
    "cycle=01ARZ3NDEKTSV4RRFFQ69G5FAV",
    "_id=AVx3dFg9yQ1m0Hc8Qz2kLw",
    '{"call_id": "toolu_01A09q90qw90lq917835lq9"}',
    "etag=W9x8Y7z6A5b4C3d2E1f0G9",
    "max_tokens=200000 input_tokens: 123456",
    "token bucket is empty, secret santa, password policy",
    "basic authentication failed, bearer authentication is required",
    "the key is under the mat: look there",
    "ETLSourceConnectionTimeout: replica-2 did not answer within 30000ms",
    "checksum=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
    "job=nightly-revenue-aggregation-20261123014700-retry1",
]


@pytest.mark.parametrize("text", SECRETS, ids=lambda text: text[:24])
def test_what_looks_like_a_secret_is_taken_out(text: str) -> None:
    cleaned = Redactor().clean(f"2026-11-23 error {text} and more")
    assert "[secret " in cleaned
    for secret in (
        DRAWN, LOWER, SHOUTED, PADDED.rstrip("="), "ab12ab12", "hunter2", "horse battery",
        "with spaces", "wo rd", "def>ghi", "bPxRfi", "aGVsbG8", "b3BzYm90", "x9Y8", "SyA1b2",
        "lQOYBF",
    ):  # fmt: skip
        assert secret not in cleaned
    assert cleaned.startswith("2026-11-23 error ")
    assert cleaned.endswith(" and more")


@pytest.mark.parametrize("text", READABLE, ids=lambda text: text[:24])
def test_what_people_need_to_read_stays(text: str) -> None:
    assert Redactor().clean(text) == text


def test_a_value_of_an_object_is_judged_by_the_name_it_stands_under() -> None:
    labels = {
        "db_password": "hunter2hunter2",
        "apiKey": "hunter2hunter2",
        "auth": DRAWN,
        "tokens": ["hunter2hunter2"],
        "secret": ["hunter2hunter2", "h"],
        "commit": "3f76af31f0c2a9d4e5b6c7d8e9f0a1b2c3d4e5f6",
        "cluster_id": DRAWN,
        "service": "orders",
        "token": 7,
    }
    cleaned = Redactor().clean_all(labels)
    assert [name for name, value in cleaned.items() if value != labels[name]] == [
        "db_password", "apiKey", "auth", "secret",
    ]  # fmt: skip
    assert cleaned["db_password"] == cleaned["apiKey"] == cleaned["secret"][0]
    assert Redactor().clean_all(cleaned) == cleaned
    assert Redactor().clean("password=hunter2hunter2").endswith(cleaned["apiKey"])


KNOWN = 'p/ä+ss "w0rd" & more'


@pytest.mark.parametrize(
    "text",
    [
        KNOWN,
        json.dumps({"a": KNOWN}),
        json.dumps({"a": KNOWN}, ensure_ascii=False),
        urllib.parse.quote(KNOWN),
        urllib.parse.quote(KNOWN, safe=""),
        urllib.parse.urlencode({"q": KNOWN}),
        *(base64.b64encode(f"{'u' * n}:{KNOWN}:z".encode()).decode() for n in range(4)),
        *(base64.urlsafe_b64encode(f"{'u' * n}:{KNOWN}".encode()).decode() for n in range(4)),
    ],
)
def test_a_known_secret_is_known_in_its_other_clothes(text: str) -> None:
    redactor = Redactor([KNOWN])
    its_mark = redactor.clean(KNOWN)
    assert its_mark in redactor.clean(f"before {text} after")


CUT = "planted-secret-value-of-jira"


@pytest.mark.parametrize("end", ["", "…", "..."])
@pytest.mark.parametrize(
    "secret",
    [
        CUT[:8],
        CUT[:-1],
        base64.b64encode(CUT.encode()).decode()[:16],
        "ghp_" + "a1B2c3",
        "AKIA" + "IOSFODNN",
        "xoxb-" + "1234",
        "-----BEGIN RSA " + "PRIVATE KEY-----\nMIIEow\nIBAA",
    ],
    ids=lambda secret: secret[:9],
)
def test_what_is_left_of_a_secret_where_a_line_was_cut_goes_as_well(secret: str, end: str) -> None:
    cleaned = Redactor([CUT]).clean(f"it says {secret}{end}")
    assert cleaned.startswith("it says [secret ")
    assert secret[-6:] not in cleaned
    assert Redactor([CUT]).clean(cleaned) == cleaned


def test_a_mark_that_a_line_was_cut_within_is_left_as_it_is() -> None:
    told = "it says password=[secret 0a1b2c]"
    for end in range(len("it says password=[s"), len(told)):
        for more in ("", "…", "…\nand more", "..."):
            assert Redactor(["secret"]).clean(told[:end] + more) == told[:end] + more


def test_a_secret_that_is_a_word_of_the_marks_breaks_none() -> None:
    redactor = Redactor(["secret", "planted-secret-value"])
    once = redactor.clean("the secret is planted-secret-value, password=hunter2hunter2")
    assert redactor.clean(once) == once
    assert once.count("[secret ") == 3


def test_nearly_every_drawn_token_is_seen() -> None:
    chance = random.Random(7)
    letters = string.ascii_letters + string.digits
    drawn = ["".join(chance.choices(letters, k=32)) for _ in range(2_000)]
    assert sum(map(looks_random, drawn)) > 1_950


FRAGMENTS = st.sampled_from(
    [
        "password", "token", "secret", "=", ": ", '"', "'", "\\", " ", "\n", ";", "&", "://", "@",
        "Bearer ", "Basic ", "hunter2hunter2", "planted-secret", "[secret 0a1b2c]", "[", "]",
        DRAWN, "key", "<", ">", "</", "?sig=", "Cookie: a=", "u:p", "eyJ", "-----BEGIN ", "ſecret",
        "PRIVATE KEY-----", "--password ", "ä", "x" * 30, "A1b2" * 7,
        "[secret 0a", "…",
    ]
)  # fmt: skip


@settings(max_examples=1_500, deadline=None)
@given(st.lists(FRAGMENTS, max_size=14).map("".join))
def test_what_was_cleaned_once_stays_as_it_is_whatever_it_was(text: str) -> None:
    redactor = Redactor(["planted-secret", "hunter2hunter2", "secret", "key"])
    once = redactor.clean(text)
    assert redactor.clean(once) == once
    assert "planted-secret" not in once
    assert "hunter2hunter2" not in once


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=200))
def test_any_text_can_be_cleaned(text: str) -> None:
    Redactor(["planted-secret"]).clean(text)


@pytest.mark.parametrize("piece", ["a", "=", "a=", "password ", ":", '"', "A1", "eyJ.", "://", "<"])
def test_a_mebibyte_of_anything_is_cleaned_in_reasonable_time(piece: str) -> None:
    """Text that grows doesn't take the square of it: eight times as long, not sixty-four."""
    Redactor(["planted-secret"]).clean(piece * (1_048_576 // len(piece)))
