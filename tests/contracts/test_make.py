"""`make` says what there is, and tells whoever lacks something how to get it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

MAKEFILE = Path(__file__).parents[2] / "Makefile"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A checkout in which nothing was set up."""
    (tmp_path / "Makefile").write_bytes(MAKEFILE.read_bytes())
    (tmp_path / "requirements.lock").touch()
    (tmp_path / "pyproject.toml").touch()
    return tmp_path


def _make(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    clean = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MAKELEVEL", "PYTHON")}
    return subprocess.run(
        ["make", *arguments],
        cwd=folder,
        env=clean,
        capture_output=True,
        text=True,
        check=False,
    )


def _python(folder: Path, script: str) -> str:
    """A stand-in for a Python that lacks something."""
    path = folder / "python-that-lacks"
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)
    return f"PYTHON={path}"


def test_make_alone_says_what_there_is_and_changes_nothing(folder: Path) -> None:
    before = sorted(folder.iterdir())
    said = _make(folder)
    assert said.returncode == 0
    for target in ("demo", "setup", "test", "check", "clean"):
        assert f"make {target}" in said.stdout
    assert sorted(folder.iterdir()) == before


def test_an_old_python_is_told_what_is_needed_and_how_to_name_another(folder: Path) -> None:
    said = _make(folder, "demo", _python(folder, "exit 1"))
    assert said.returncode != 0
    assert "needs Python 3.11 or later" in said.stderr
    assert "make demo PYTHON=" in said.stderr
    assert not (folder / ".venv").exists()


def test_a_python_without_venv_is_told_how_to_get_it(folder: Path) -> None:
    (folder / "ensurepip.py").write_text("raise ImportError('as on Debian')\n", encoding="utf-8")
    stripped = _python(folder, f'PYTHONPATH="{folder}" exec "{sys.executable}" "$@"')
    said = _make(folder, "setup", stripped)
    assert said.returncode != 0
    assert f"python{sys.version_info[0]}.{sys.version_info[1]}-venv" in said.stderr
    assert "python3-venv" in said.stderr
    assert not (folder / ".venv").exists()
