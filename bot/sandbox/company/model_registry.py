"""The sample company's model artifacts on disk, with the checksum each was published under."""

from __future__ import annotations

import hashlib
import json
import random
from pathlib import Path

ARTIFACT_BYTES = 96_000


def publish(folder: Path, name: str) -> None:
    """Write a model's artifact and its manifest (`{"model", "sha256", "bytes"}`)."""
    folder.mkdir(parents=True, exist_ok=True)
    body = random.Random(name).randbytes(ARTIFACT_BYTES)  # noqa: S311
    (folder / f"{name}.bin").write_bytes(body)
    manifest = {"model": name, "sha256": hashlib.sha256(body).hexdigest(), "bytes": len(body)}
    (folder / f"{name}.json").write_text(json.dumps(manifest), "utf-8")
