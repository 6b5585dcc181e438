"""The files opsbot ships with, wherever it is installed."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

_HERE = Path(__file__).parent


def bundled_runbooks() -> Path:
    """The folder of runbooks in the wheel, or in the checkout."""
    packed = _HERE / "_runbooks"
    return packed if packed.is_dir() else _HERE.parent / "runbooks"


def bundled_manifest() -> Path:
    """The Slack app's manifest in the wheel, or in the checkout."""
    packed = _HERE / "_manifest.yml"
    return packed if packed.is_file() else _HERE.parent / "manifest.yml"


def bundled_policy() -> Path:
    return _HERE / "policy" / "default.yml"


def release() -> str | None:
    """The version that pins the bundled files; None in a git checkout, where git pins them."""
    return None if (_HERE.parent / ".git").exists() else version("opsbot")
