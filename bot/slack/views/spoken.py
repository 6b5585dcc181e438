"""Something said to a person at once, in the thread where they spoke."""

from __future__ import annotations

from bot.slack.views.text import SECTION_LIMIT, Block, fitted, heard, section
from tools.kit.types import Frozen


class Spoken(Frozen):
    text: str
    """What a notification shows: plain, one line."""
    blocks: tuple[Block, ...]


def spoken(text: str, *more: Block) -> Spoken:
    """`text`, escaped already, as a message, with further blocks below."""
    return Spoken(
        text=heard(text), blocks=(section(fitted(text.split("\n"), SECTION_LIMIT)), *more)
    )
