"""A message that the projector keeps as it should be."""

from __future__ import annotations

import hashlib
import json

from bot.slack.views.text import Block
from tools.kit.types import Frozen


class Slot(Frozen):
    """One message of an incident, by what it is for. Posted once, edited ever after."""

    id: str
    """`card`, `diagnosis`, `approval:P1` … unique within the incident."""
    text: str
    """What a phone's notification shows."""
    blocks: tuple[Block, ...]
    plain: tuple[Block, ...] = ()
    """The same in blocks that every server knows, for one that refuses `blocks`."""
    state: str = ""
    """An edit that changes it goes first; others wait for their turn."""
    rings: bool = False
    """It needs a person: posted before what needs nobody, and never held back."""
    moot: bool = False
    """Not worth posting any more. Where it stands already, it is kept as it should be."""
    broadcast: bool = False
    """In the thread, and shown in the channel as well."""
    channel: str | None = None
    """Another place than the incident's thread: for an answer where it was asked."""
    thread_ts: str | None = None

    @property
    def kind(self) -> str:
        """`approval` of `approval:P1`."""
        return self.id.partition(":")[0]

    @property
    def hash(self) -> str:
        body = json.dumps([self.text, self.blocks], sort_keys=True)
        return hashlib.sha256(body.encode()).hexdigest()[:16]
