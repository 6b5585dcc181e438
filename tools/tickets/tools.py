"""The tools over a tracker."""

from __future__ import annotations

from tools.tickets.create_ticket import CreateTicket
from tools.tickets.port import Tracker
from tools.tickets.update_ticket import UpdateTicket


def ticket_tools(backend: Tracker) -> tuple[CreateTicket, UpdateTicket]:
    """What a model may do with tickets."""
    return CreateTicket(backend), UpdateTicket(backend)
