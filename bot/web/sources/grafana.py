"""Grafana's alerting webhook: a contact point of the kind "Webhook"."""

from __future__ import annotations

from pydantic import BaseModel, Field

from bot.domain.values import Alert
from bot.policy.inventory import Inventory
from bot.web.delivery import Delivery
from bot.web.sources.alertmanager import PrometheusAlert
from bot.web.sources.payload import read


class _Alert(PrometheusAlert):
    panel_url: str = Field("", alias="panelURL")
    dashboard_url: str = Field("", alias="dashboardURL")


class _Payload(BaseModel):
    alerts: list[_Alert]


def parse(delivery: Delivery, inventory: Inventory) -> list[Alert]:
    """Each alert of the group on its own; of those that were cut off nothing is said.

    Raises BadPayloadError naming the field.
    """
    payload = read(_Payload, delivery.body)
    return [a.told("grafana", inventory, a.panel_url or a.dashboard_url) for a in payload.alerts]
