"""What SNS names to be fetched is fetched from Amazon, or not at all."""

from __future__ import annotations

import pytest

from bot.web.sources.sns import is_certificate
from tests.fakes import amazon
from tests.fakes import senders as fake
from tests.fakes.amazon import CERTIFICATE, CONFIRM, Amazon
from tests.web.conftest import Serve, post, proved

HOSTILE = [
    "",
    CERTIFICATE.replace("https", "http"),
    CERTIFICATE.replace("https://", "//"),
    CERTIFICATE.replace("https://", "HTTPS://"),
    CERTIFICATE.replace("https://", "https:/"),
    CERTIFICATE.replace("https://", "https:///"),
    CERTIFICATE.replace("https://", "ftp://"),
    " " + CERTIFICATE,
    CERTIFICATE + "\n",
    CERTIFICATE + "\r\nHost: evil.example",
    CERTIFICATE + "?x=1",
    CERTIFICATE + "#x",
    CERTIFICATE + "/../evil.pem",
    CERTIFICATE.replace(".com/", ".com:443/"),
    CERTIFICATE.replace(".com/", ".com:8443/"),
    CERTIFICATE.replace(".com/", ".com./"),
    CERTIFICATE.replace(".com/", ".com//"),
    CERTIFICATE.replace(".com/", ".com\\"),
    CERTIFICATE.replace(".com/", ".com/../"),
    CERTIFICATE.replace(".com/", ".com/bucket/"),
    CERTIFICATE.replace(".com/", ".com.evil.example/"),
    CERTIFICATE.replace(".com/", ".com@evil.example/"),
    CERTIFICATE.replace(".com/", ".com%2f@evil.example/"),
    CERTIFICATE.replace(".com/", ".com.cn.evil.example/"),
    CERTIFICATE.replace(".com/", ".co/"),
    CERTIFICATE.replace("https://", "https://user@"),
    CERTIFICATE.replace("https://", "https://user:word@"),
    CERTIFICATE.replace("https://sns", "https://evil.example/sns"),
    CERTIFICATE.replace("https://sns", "https://evil.example#sns"),
    CERTIFICATE.replace("https://sns", "https://evil.example\\sns"),
    CERTIFICATE.replace("amazonaws", "amazonaws-evil"),
    CERTIFICATE.replace(".amazonaws", "-amazonaws"),
    CERTIFICATE.replace("amazonaws", "amazonаws"),
    CERTIFICATE.replace("amazonaws", "amazonaws\u200b"),
    CERTIFICATE.replace("sns.", "sns。"),
    CERTIFICATE.replace("sns.", "ѕns."),
    CERTIFICATE.replace("eu-west-1", "eu-west-١"),
    CERTIFICATE.replace("sns.", "s3."),
    CERTIFICATE.replace("sns.", "evil.sns."),
    CERTIFICATE.replace("sns.eu-west-1.", "sns."),
    # Buckets that are named sns.
    CERTIFICATE.replace("eu-west-1", "s3"),
    CERTIFICATE.replace("eu-west-1", "s3-eu-west-1"),
    CERTIFICATE.replace("eu-west-1", "s3.eu-west-1"),
    CERTIFICATE.replace("eu-west-1", "s3-website-eu-west-1"),
    CERTIFICATE.replace("sns.eu-west-1.amazonaws.com", "127.0.0.1"),
    CERTIFICATE.replace("sns.eu-west-1.amazonaws.com", "[::1]"),
    CERTIFICATE.replace("sns.eu-west-1.amazonaws.com", "169.254.169.254"),
    CERTIFICATE.replace("sns.eu-west-1.amazonaws.com", "2130706433"),
    CERTIFICATE.replace("SimpleNotificationService-", "SimpleNotificationService"),
    CERTIFICATE.replace("0123456789abcdef", ""),
    CERTIFICATE.replace("0123456789abcdef", "a/b"),
    CERTIFICATE.replace("0123456789abcdef", ".."),
    CERTIFICATE.replace("0123456789abcdef", "%2e%2e%2f"),
    CERTIFICATE.replace("0123456789abcdef", "a" * 65),
    CERTIFICATE.replace(".pem", ".crt"),
    "file:///etc/ssl/SimpleNotificationService-a.pem",
    "https://169.254.169.254/latest/meta-data/",
]


@pytest.mark.parametrize("url", HOSTILE)
async def test_no_certificate_is_fetched_from_anywhere_else(url: str) -> None:
    assert not is_certificate(url)
    at_amazon = Amazon({url: amazon.certificate(), CERTIFICATE: amazon.certificate()})
    assert not await proved(fake.sns(SigningCertURL=url), at_amazon)
    assert at_amazon.fetched == []


@pytest.mark.parametrize(
    "host",
    [
        "sns.us-east-1.amazonaws.com",
        "sns.ap-southeast-2.amazonaws.com",
        "sns.us-gov-west-1.amazonaws.com",
        "sns.cn-north-1.amazonaws.com.cn",
    ],
)
async def test_every_region_of_amazons_is_amazons(host: str) -> None:
    url = f"https://{host}/SimpleNotificationService-9c6465fa7f48f5cacd23014631ec1136.pem"
    assert is_certificate(url)
    at_amazon = Amazon({url: amazon.certificate()})
    assert await proved(fake.sns(SigningCertURL=url), at_amazon)


async def test_a_subscription_is_confirmed_at_amazon_once_it_is_proved(serve: Serve) -> None:
    at_amazon = Amazon({CERTIFICATE: amazon.certificate(), CONFIRM: b"<xml/>"})
    door = await serve(secrets={}, fetch=at_amazon)
    right = fake.sns_confirmation()
    for wrong in (amazon.signed(right, "somebody"), {**right, "Token": "another"}):
        assert await post(door, wrong) == 401
    assert CONFIRM not in at_amazon.fetched
    assert await post(door, right) == 202
    assert at_amazon.fetched == [CERTIFICATE, CONFIRM]


@pytest.mark.parametrize(
    "url",
    [
        "",
        CONFIRM.replace("https", "http"),
        CONFIRM.replace("amazonaws.com", "amazonaws.com.evil.example"),
        CONFIRM.replace("https://sns", "https://evil.example/sns"),
        CONFIRM.replace("https://", "https://sns.x.amazonaws.com@evil.example/"),
        CONFIRM.replace(".com/", ".com:8443/"),
        CONFIRM.replace("sns.", "s3."),
        CONFIRM.replace("eu-west-1.", "s3-eu-west-1."),
        CONFIRM + "\r\nX: y",
        CONFIRM + " HTTP/1.1",
        CONFIRM + "\u00e4",
        "https://169.254.169.254/latest/meta-data/",
    ],
)
async def test_not_even_amazon_can_have_another_address_fetched(serve: Serve, url: str) -> None:
    at_amazon = Amazon()
    door = await serve(secrets={}, fetch=at_amazon)
    # A line break is refused with the signature, since what is signed is lines.
    status = await post(door, fake.sns_confirmation(SubscribeURL=url))
    assert status == (401 if "\n" in url else 400)
    assert set(at_amazon.fetched) <= {CERTIFICATE}


async def test_a_subscription_that_could_not_be_confirmed_is_asked_for_again(serve: Serve) -> None:
    door = await serve(secrets={}, fetch=Amazon())
    assert await post(door, fake.sns_confirmation()) == 503
