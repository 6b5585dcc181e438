"""CEL's engine without its command line, whose terminal libraries cost each process a third of a
second at its start. The package imports that by itself, and nothing else of it needs it.
"""

from __future__ import annotations

import sys
from types import ModuleType

sys.modules.setdefault("cel.cli", ModuleType("cel.cli"))

import cel  # noqa: E402

__all__ = ["cel"]
