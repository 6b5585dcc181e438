"""Every error that start-up answers with a sentence instead of a traceback."""

from __future__ import annotations


def start_up() -> tuple[type[Exception], ...]:
    """For `except start_up()`: imported when something has failed, and not by each command."""
    from redis.exceptions import RedisError

    from bot.adapters.audit_key import AuditKeyError
    from bot.adapters.store import StoreError
    from bot.domain.ports import NotConfirmedError
    from bot.policy.cases import CasesError
    from bot.policy.inventory import InventoryError
    from bot.policy.rules import PolicyError
    from bot.sandbox.running import AlreadyRunningError
    from bot.sandbox.valkey import ValkeyError
    from bot.settings import SettingsError
    from bot.slack.app import ChannelNotFoundError
    from bot.supervisor import NotReadyError
    from bot.web.server import PortInUseError
    from bot.web.sources.generic import MappingError
    from tools.kit.catalog import CatalogError

    return (
        SettingsError,
        StoreError,
        NotConfirmedError,
        AuditKeyError,
        PolicyError,
        CasesError,
        InventoryError,
        ValkeyError,
        AlreadyRunningError,
        ChannelNotFoundError,
        NotReadyError,
        PortInUseError,
        MappingError,
        CatalogError,
        RedisError,
        OSError,
    )
