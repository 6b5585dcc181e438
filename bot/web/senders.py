"""Who may send alerts: how each proves itself, and who reads what it says."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from bot.domain.values import Alert
from bot.policy.inventory import Inventory
from bot.web.delivery import Delivery
from bot.web.proofs import Proof, basic, bearer, fresh, hmac_hex, hmac_list, hmac_timestamped
from bot.web.sns_proof import SnsProof
from bot.web.sources import (
    alertmanager,
    datadog,
    generic,
    github,
    grafana,
    jira,
    linear,
    opsgenie,
    pagerduty,
    sns,
)

Parse = Callable[[Delivery, Inventory], list[Alert]]
_BEARER = "send the header `Authorization: Bearer <secret>`"
_SIGNED = "sign the body with the secret that is set here, in the header {}"


@dataclass(frozen=True, slots=True)
class Sender:
    """One sender, behind a route of its own."""

    proof: Proof
    asks: str
    """What somebody is told who didn't prove to be this sender."""
    parse: Parse
    once: Callable[[Delivery], str] | None = None
    """The delivery's own id, under its proof: what comes again under the same one is dropped."""
    challenge: str = ""
    """The header `WWW-Authenticate` for one that waits to be asked."""
    signature: Callable[[Delivery], Awaitable[bool]] | None = None
    """Proves it without a secret of ours; where one is set as well, both have to hold. Raises
    CertificateError."""
    confirms: Callable[[Delivery], str | None] | None = None
    """The address to be fetched before this sender sends more. Raises BadPayloadError."""


def _digest(delivery: Delivery) -> str:
    return hashlib.sha256(delivery.body).hexdigest()


def _signed(header: str, proof: Proof, parse: Parse) -> Sender:
    return Sender(proof, _SIGNED.format(f"`{header}`"), parse, _digest)


def senders(mapping: Mapping[str, str], sns_proof: SnsProof | None = None) -> dict[str, Sender]:
    """All senders there are, by name. `mapping`: which field is what in a generic one's body.
    `sns_proof`: without it there is no SNS."""
    known = {
        "alertmanager": Sender(bearer(), _BEARER, alertmanager.parse),
        "generic": Sender(bearer(), _BEARER, generic.parser(mapping)),
        "pagerduty": Sender(
            hmac_list("X-PagerDuty-Signature", "v1"),
            _SIGNED.format("`X-PagerDuty-Signature`"),
            pagerduty.parse,
            pagerduty.event_id,
        ),
        "grafana": Sender(
            hmac_timestamped("X-Grafana-Alerting-Signature", "X-Grafana-Alerting-Timestamp", 300),
            _SIGNED.format("`X-Grafana-Alerting-Signature`, and the time of sending with it in")
            + " `X-Grafana-Alerting-Timestamp`",
            grafana.parse,
            lambda delivery: f"{delivery.header('X-Grafana-Alerting-Signature')}",
        ),
        "opsgenie": Sender(bearer(), _BEARER, opsgenie.opsgenie),
        "jsm": Sender(bearer(), _BEARER, opsgenie.jsm),
        "datadog": Sender(bearer(), _BEARER, datadog.parse),
        "jira": _signed("X-Hub-Signature", hmac_hex("X-Hub-Signature", "sha256="), jira.parse),
        "linear": _signed(
            "Linear-Signature",
            fresh(hmac_hex("Linear-Signature"), linear.sent_at, 60),
            linear.parse,
        ),
        "github": _signed(
            "X-Hub-Signature-256", hmac_hex("X-Hub-Signature-256", "sha256="), github.parse
        ),
    }
    if sns_proof:
        known["sns"] = Sender(
            basic(sns.USER),
            "only Amazon's own messages of a topic in OPSBOT_WEBHOOK_SNS_TOPICS are taken; where"
            f" a secret is set, subscribe with the address https://{sns.USER}:<secret>@…",
            sns.parse,
            sns.message_id,
            challenge='Basic realm="opsbot"',
            signature=sns_proof,
            confirms=sns.to_confirm,
        )
    return known
