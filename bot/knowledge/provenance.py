"""Which git commit has exactly the text that a file holds."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Provenance:
    """What the commit that last touched a folder has in it; empty outside a git checkout."""

    commit: str | None
    """Short hash."""
    blobs: Mapping[str, str]
    """Path below the folder → git's hash of the content."""

    @classmethod
    def of(cls, folder: Path) -> Provenance:
        """Ask git. Without git, a repository or a commit the answer is empty."""
        commit = _git(folder, "log", "-1", "--format=%h", "--", ".")
        listing = _git(folder, "ls-tree", "-r", "-z", "HEAD", ".") if commit else None
        if not commit or listing is None:
            return cls(None, {})
        entries = (entry.partition("\t") for entry in listing.split("\0") if entry)
        return cls(commit.strip(), {path: head.split()[2] for head, _, path in entries})

    def commit_of(self, path: str, content: bytes) -> str | None:
        """The commit, where it holds exactly this content; None for a changed or new file."""
        known = self.blobs.get(path)
        if known is None:
            return None
        # Git names content by a hash of its own choosing; nothing is protected by it here.
        algorithm = "sha1" if len(known) == 40 else "sha256"
        hashed = hashlib.new(algorithm, b"blob %d\0" % len(content), usedforsecurity=False)
        hashed.update(content)
        return self.commit if hashed.hexdigest() == known else None


def _git(folder: Path, *arguments: str) -> str | None:
    try:
        ran = subprocess.run(  # noqa: S603 - a fixed program, arguments of our own
            ["git", "-C", str(folder), *arguments],  # noqa: S607 - wherever the owner has git
            capture_output=True,
            text=True,
            timeout=5,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return ran.stdout
