"""Amazon SNS proves itself by its signature, its certificate's place, and the topic."""

from __future__ import annotations

import asyncio
import base64
import json
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from bot.adapters.redis_inbox import RedisInbox
from bot.web.certificates import CertificateError, Certificates
from bot.web.delivery import Delivery
from bot.web.sns_proof import SnsProof
from tests.fakes import amazon
from tests.fakes import senders as fake
from tests.fakes.amazon import CERTIFICATE, CONFIRM, HOST, TOPIC, Amazon
from tests.fakes.senders import iso
from tests.fakes.story import at
from tests.web.conftest import Sender, Serve, post, proved

KINDS: dict[str, Callable[..., dict[str, Any]]] = {
    "a notification": fake.sns,
    "one without a subject": lambda **changes: fake.sns(**{"Subject": None, **changes}),
    "a confirmation": fake.sns_confirmation,
    "the end of a subscription": lambda **changes: fake.sns_confirmation(
        **{"Type": "UnsubscribeConfirmation", **changes}
    ),
}


@pytest.fixture(params=list(KINDS))
def kind(request: pytest.FixtureRequest) -> Callable[..., dict[str, Any]]:
    return KINDS[request.param]


@pytest.fixture
async def door(serve: Serve) -> Sender:
    return await serve(secrets={})


@pytest.mark.parametrize("version", ["1", "2"])
async def test_what_amazon_signed_is_amazons(
    kind: Callable[..., dict[str, Any]], version: str
) -> None:
    assert await proved(kind(SignatureVersion=version))


@pytest.mark.parametrize("version", ["1", "2"])
async def test_no_signed_field_can_be_changed_added_or_left_out(
    kind: Callable[..., dict[str, Any]], version: str
) -> None:
    message = kind(SignatureVersion=version, Message="a message")
    names = [n for n in amazon.FIELDS[message["Type"]] if message.get(n) is not None]
    for name in names:
        value = message[name]
        for place in (0, len(value) // 2, len(value) - 1):
            flipped = value[:place] + chr(ord(value[place]) ^ 1) + value[place + 1 :]
            topics = (TOPIC, flipped) if name == "TopicArn" else (TOPIC,)
            assert not await proved({**message, name: flipped}, None, *topics), (name, flipped)
        assert not await proved({**message, name: ""}), name
        assert not await proved({n: v for n, v in message.items() if n != name}), name
    if "Subject" not in names and message["Type"] == "Notification":
        assert not await proved({**message, "Subject": ""})


async def test_no_kind_passes_for_another() -> None:
    for message in (fake.sns(), fake.sns_confirmation()):
        for kind in amazon.FIELDS:
            assert await proved({**message, "Type": kind}) == (kind == message["Type"])


async def test_what_is_not_signed_changes_nothing(door: Sender, inbox: RedisInbox) -> None:
    message = fake.sns()
    beside = {
        "UnsubscribeURL": "https://evil.example/", "SubscribeURL": "https://evil.example/",
        "Token": "x", "MessageAttributes": {"service": {"Type": "String", "Value": "moon"}},
    }  # fmt: skip
    assert await post(door, {**message, **beside}) == 202
    [(entry, alert)] = await inbox.take(100, 0.001)
    await inbox.done(entry)
    assert (alert.service, alert.url) == ("etl", None)
    # The same message, whatever stands beside it.
    assert await post(door, message) == 202
    assert await inbox.take(100, 0.001) == []


@pytest.mark.parametrize("version", ["", "0", "3", "1 ", None, 1])
async def test_an_unknown_version_is_not_proved(version: Any) -> None:
    message = fake.sns(SignatureVersion="2")
    assert not await proved({**message, "SignatureVersion": version})


async def test_the_version_says_which_digest_and_no_other_holds() -> None:
    for version, other in (("1", "2"), ("2", "1")):
        message = fake.sns(SignatureVersion=version)
        assert not await proved({**message, "SignatureVersion": other})


async def test_a_signature_that_is_none_is_not_proved() -> None:
    message = fake.sns()
    right = message["Signature"]
    raw = base64.b64decode(right)
    urlsafe = base64.urlsafe_b64encode(raw).decode()
    wrong = ["", "EXAMPLE", right[:-4], right + "\n", right + "AAAA", "\u00e4" + right[1:], 7, None]
    for given in [*wrong, base64.b64encode(raw[:-1] + bytes([raw[-1] ^ 1])).decode(), [right]]:
        assert not await proved({**message, "Signature": given}), given
    assert urlsafe == right or not await proved({**message, "Signature": urlsafe})


async def test_the_key_of_somebody_else_is_not_amazons() -> None:
    theirs = amazon.signed(fake.sns(), "somebody")
    assert not await proved(theirs)
    assert await proved(theirs, Amazon({CERTIFICATE: amazon.certificate("somebody")}))


async def test_a_certificate_of_another_kind_of_key_proves_nothing() -> None:
    public = ec.generate_private_key(ec.SECP256R1()).public_key()
    assert not await proved(fake.sns(), Amazon({CERTIFICATE: amazon.certificate(public=public)}))


@pytest.mark.parametrize(
    ("since", "until", "holds"),
    [(-60, 60, True), (0, 60, True), (-60, 0, True), (1, 60, False), (-60, -1, False)],
)
async def test_a_certificate_holds_in_its_time_alone(since: int, until: int, holds: bool) -> None:
    made = amazon.certificate(since=at(since), until=at(until))
    assert await proved(fake.sns(), Amazon({CERTIFICATE: made})) is holds


async def test_one_that_is_kept_runs_out_as_well() -> None:
    at_amazon = Amazon({CERTIFICATE: amazon.certificate(until=at(60))})
    proof = SnsProof([TOPIC], at_amazon)
    body = json.dumps(fake.sns()).encode()
    assert await proof(Delivery(body, (), at(60)))
    assert not await proof(Delivery(body, (), at(61)))
    assert at_amazon.fetched == [CERTIFICATE]


@pytest.mark.parametrize(
    "topic",
    [
        "arn:aws:sns:eu-west-1:666666666666:alarms",
        "arn:aws:sns:eu-west-1:123456789012:alarms-2",
        "arn:aws:sns:us-east-1:123456789012:alarms",
        TOPIC.upper(),
        TOPIC + " ",
        "",
    ],
)
async def test_of_a_topic_that_is_not_expected_nothing_is_taken_confirmed_or_fetched(
    serve: Serve, inbox: RedisInbox, caplog: pytest.LogCaptureFixture, topic: str
) -> None:
    at_amazon = Amazon({CERTIFICATE: amazon.certificate(), CONFIRM: b""})
    door = await serve(secrets={}, fetch=at_amazon)
    for message in (fake.sns(TopicArn=topic), fake.sns_confirmation(TopicArn=topic)):
        # Amazon's signature is right: anybody can have it.
        assert await proved(message, None, topic or "-") == bool(topic)
        assert await post(door, message) == 401
        # Who named the wrong one finds out.
        assert f"{topic!r} is not in OPSBOT_WEBHOOK_SNS_TOPICS" in caplog.text
    assert at_amazon.fetched == []
    assert await inbox.take(100, 0.001) == []


async def test_a_text_with_the_names_of_fields_in_it_stays_a_text() -> None:
    evil = "arn:aws:sns:eu-west-1:666666666666:mine"
    text = f"alarm\nMessageId\n1\nTimestamp\n{iso(at(0))}\nTopicArn\n{TOPIC}\nType\nNotification"
    message = fake.sns(Message=text, TopicArn=evil, Subject=None)
    assert await proved(message, None, evil)
    assert not await proved({**message, "TopicArn": TOPIC})
    # The same bytes, cut into fields in another way, so that it would have another id.
    message = fake.sns()
    joined = f"{message['MessageId']}\nSubject\n{message['Subject']}"
    cut = {**message, "Subject": None, "MessageId": joined}
    assert amazon.text(cut) == amazon.text(message)
    assert not await proved(cut)


async def test_a_certificate_that_cannot_be_had_is_503_so_that_sns_tries_again(
    serve: Serve, inbox: RedisInbox
) -> None:
    at_amazon = Amazon({})
    door = await serve(secrets={}, fetch=at_amazon)
    for file in (None, b"", b"no certificate", b"-----BEGIN CERTIFICATE-----\nAAAA\n"):
        if file is not None:
            at_amazon.files[CERTIFICATE] = file
        assert await post(door, fake.sns()) == 503
    assert await inbox.take(100, 0.001) == []
    at_amazon.files[CERTIFICATE] = amazon.certificate()
    assert await post(door, fake.sns()) == 202
    assert len(await inbox.take(100, 0.001)) == 1


async def test_certificates_are_kept_for_a_day_and_only_a_few() -> None:
    urls = [f"{HOST}/SimpleNotificationService-{number}.pem" for number in range(9)]
    at_amazon = Amazon(dict.fromkeys(urls, amazon.certificate()))
    certificates = Certificates(at_amazon)
    for url in (*urls[:8], *urls[:8]):
        await certificates.at(url, at(0))
    assert at_amazon.fetched == urls[:8]
    await certificates.at(urls[8], at(0))
    await certificates.at(urls[1], at(0))
    assert at_amazon.fetched == urls
    await certificates.at(urls[0], at(0))
    assert at_amazon.fetched == [*urls, urls[0]]
    day = timedelta(days=1)
    await certificates.at(urls[8], at(0) + day - timedelta(seconds=1))
    assert len(at_amazon.fetched) == 10
    await certificates.at(urls[8], at(0) + day)
    assert at_amazon.fetched[10:] == [urls[8]]
    with pytest.raises(CertificateError, match="can't be fetched"):
        await certificates.at(f"{HOST}/none.pem", at(0))


async def test_many_that_come_at_once_have_their_certificate_fetched_once(serve: Serve) -> None:
    class Slow(Amazon):
        async def __call__(self, url: str) -> bytes:
            await asyncio.sleep(0.05)
            return await super().__call__(url)

    at_amazon = Slow()
    door = await serve(secrets={}, fetch=at_amazon)
    sent = [post(door, fake.sns(MessageId=f"m{number}")) for number in range(20)]
    assert set(await asyncio.gather(*sent)) == {202}
    assert at_amazon.fetched == [CERTIFICATE]


async def test_a_secret_in_the_address_has_to_be_right_as_well(
    serve: Serve, inbox: RedisInbox
) -> None:
    at_amazon = Amazon({CERTIFICATE: amazon.certificate(), CONFIRM: b""})
    door = await serve(secrets={"sns": ["the-secret"]}, fetch=at_amazon)
    for message in (fake.sns(), fake.sns_confirmation()):
        for secret in ("", "wrong"):
            assert await post(door, message, secret) == 401
    # Who hasn't got it can't have anything fetched.
    assert at_amazon.fetched == []
    for wrong in (amazon.signed(fake.sns(), "somebody"), {**fake.sns(), "Signature": ""}):
        assert await post(door, wrong, "the-secret") == 401
    assert await post(door, fake.sns(), "the-secret") == 202
    assert len(await inbox.take(100, 0.001)) == 1


async def test_sns_logs_in_only_when_it_is_asked_to_and_only_where_there_is_a_secret(
    serve: Serve,
) -> None:
    for secrets, asked in (({"sns": ["s"]}, 'Basic realm="opsbot"'), ({}, None)):
        door = await serve(secrets=secrets)
        wrong = amazon.signed(fake.sns(), "somebody")
        async with door.session.post(f"{door.url}/webhooks/sns", json=wrong) as answer:
            assert answer.status == 401
            assert answer.headers.get("WWW-Authenticate") == asked


async def test_without_a_topic_there_is_no_route(serve: Serve) -> None:
    for secrets in ({}, {"sns": ["the-secret"]}):
        door = await serve(secrets=secrets, topics=[])
        assert await post(door, fake.sns(), "the-secret") == 404


def test_who_has_no_sns_never_loads_what_checks_it() -> None:
    # The client of Redis looks whether the package is there; what takes time is within it.
    code = "import sys, bot.serving, bot.cli; print('cryptography.x509' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "False\n"
