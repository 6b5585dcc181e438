"""The sample company that opsbot watches when nothing else is configured."""

from bot.sandbox.company.company import Company

__all__ = ["Company"]
