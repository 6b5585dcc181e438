"""npm's TypeScript, to hold values up to types that Slack itself publishes."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.contracts.npm import FOLDER, find

_OPTIONS = {
    "strict": True,
    "noEmit": True,
    "target": "es2022",
    "module": "nodenext",
    "types": [],
    "skipLibCheck": True,
}


def compiled(folder: Path, preamble: str, given: Mapping[str, tuple[str, Any]]) -> dict[str, str]:
    """What the compiler has against each value as of its type, by name; empty where it takes all.

    `preamble`: one line of imports and types.
    """
    lines = [
        f"const v{number}: {kind} = {json.dumps(value)};"
        for number, (kind, value) in enumerate(given.values())
    ]
    (folder / "values.ts").write_text("\n".join([preamble, *lines]), encoding="utf-8")
    # Packages are looked for above the file, so they are laid beside it.
    (folder / "node_modules").symlink_to(FOLDER.absolute() / "node_modules")
    project = folder / "tsconfig.json"
    project.write_text(json.dumps({"compilerOptions": _OPTIONS, "files": ["values.ts"]}))
    command = [str(find(".bin/node")), str(find("typescript/bin/tsc")), "--project", str(project)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    found: dict[str, str] = {}
    names = list(given)
    for line, words in re.findall(r"values\.ts\((\d+),\d+\): error (.*)", ran.stdout):
        found.setdefault(names[int(line) - 2], words[:400])
    assert found or ran.returncode == 0, ran.stdout + ran.stderr
    return found
