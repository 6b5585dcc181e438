"""What is shipped is whole, pinned, and runs where there is no checkout."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from bot.supervisor import PROCESSES

ROOT = Path(__file__).parents[2]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")


def _files(folder: str) -> set[str]:
    found = (path for path in (ROOT / folder).rglob("*") if path.is_file())
    return {str(p.relative_to(ROOT)) for p in found if "__pycache__" not in p.parts}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (built,) = folder.glob("*.whl")
    return built


class Elsewhere:
    """The unpacked wheel, and a folder that is no checkout and has a `bot` of its own."""

    def __init__(self, wheel: Path, folder: Path) -> None:
        self.site = folder / "site"
        self.site.mkdir()
        with zipfile.ZipFile(wheel) as packed:
            packed.extractall(self.site)
        self.cwd = folder / "work"
        (self.cwd / "bot").mkdir(parents=True)
        (self.cwd / "bot/__init__.py").write_text("raise SystemExit('not this one')\n")

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "PYTHONPATH": str(self.site), "HOME": str(self.cwd)}
        return subprocess.run(
            [sys.executable, "-P", *arguments],
            cwd=self.cwd,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=90,
        )


@pytest.fixture
def elsewhere(wheel: Path, tmp_path: Path) -> Elsewhere:
    return Elsewhere(wheel, tmp_path)


def test_the_wheel_holds_every_file_of_the_code_and_the_runbooks(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as packed:
        names = {n for n in packed.namelist() if ".dist-info/" not in n}
        licence = next(n for n in packed.namelist() if n.endswith("licenses/LICENSE"))
        assert "Apache License" in packed.read(licence).decode()
    runbooks = {name.replace("runbooks/", "bot/_runbooks/", 1) for name in _files("runbooks")}
    assert names == _files("bot") | _files("tools") | runbooks | {"bot/_manifest.yml"}
    assert {"bot/adapters/commit.lua", "bot/sandbox/slack/page/index.html"} <= names


def test_the_wheel_knows_its_version_and_its_runbooks_outside_a_checkout(
    elsewhere: Elsewhere,
) -> None:
    asked = "from bot import files; print(files.release(), files.bundled_runbooks())"
    ran = elsewhere.run("-c", asked)
    assert ran.stdout.split() == [
        PROJECT["project"]["version"],
        str(elsewhere.site / "bot/_runbooks"),
    ], ran.stderr


def test_the_command_line_answers_outside_a_checkout(elsewhere: Elsewhere) -> None:
    module, _, function = PROJECT["project"]["scripts"]["opsbot"].partition(":")
    call = f"import sys; from {module} import {function} as main; sys.exit(main(['--help']))"
    ran = elsewhere.run("-c", call)
    assert ran.returncode == 0, ran.stderr
    assert "opsbot demo" in ran.stdout


def test_the_demo_runs_from_the_wheel_outside_a_checkout(elsewhere: Elsewhere) -> None:
    ran = elsewhere.run("-m", "bot", "demo", "--headless", "--approve", "--json")
    assert ran.returncode == 0, ran.stderr
    result = json.loads(ran.stdout)
    assert result["incident"]["status"] == "resolved"
    assert [action["outcome"] for action in result["actions"]] == ["succeeded", "succeeded"]
    assert sorted(path.name for path in elsewhere.cwd.iterdir()) == ["bot"]


def _locked() -> dict[str, str]:
    """Package → version, of every entry in the lock."""
    pins = re.findall(r"^([A-Za-z0-9._-]+)==([^ ;\\]+)", LOCK, re.MULTILINE)
    return {canonicalize_name(name): version for name, version in pins}


def test_the_lock_pins_each_package_with_hashes_and_names_no_place() -> None:
    entries = re.split(r"\n(?=\S)", LOCK.strip())
    for entry in entries:
        assert re.match(r"[A-Za-z0-9._-]+==\S+", entry), entry
        assert "--hash=sha256:" in entry, entry
    assert not re.search(r"://|--(extra-)?index|--find-links|--trusted-host| @ ", LOCK)


def test_the_lock_satisfies_what_is_declared() -> None:
    declared = [*PROJECT["project"]["dependencies"], *PROJECT["dependency-groups"]["dev"]]
    locked = _locked()
    for requirement in map(Requirement, declared):
        version = locked.get(canonicalize_name(requirement.name))
        assert version is not None, f"{requirement.name} is not in the lock: compile it again"
        assert requirement.specifier.contains(version, prereleases=True), requirement


def _third_party_imports() -> Iterator[tuple[str, str]]:
    """File and top-level module of every import that is neither ours nor Python's."""
    known = sys.stdlib_module_names | {"bot", "tools"}
    for file in sorted(_files("bot") | _files("tools")):
        if not file.endswith(".py"):
            continue
        for node in ast.walk(ast.parse((ROOT / file).read_text(encoding="utf-8"))):
            modules = []
            if isinstance(node, ast.Import):
                modules = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module:
                modules = [node.module]
            for module in {name.partition(".")[0] for name in modules} - known:
                yield file, module


def test_what_the_code_imports_is_declared_and_not_just_there_by_chance() -> None:
    declared: set[str] = {
        canonicalize_name(Requirement(each).name) for each in PROJECT["project"]["dependencies"]
    }
    # What declared packages hand out as their own.
    declared |= {"llama-index-core", "pydantic-core", "yarl"}
    providers = packages_distributions()
    for file, module in _third_party_imports():
        owners = {canonicalize_name(name) for name in providers.get(module, [])}
        # What no package brings, the sample company writes itself; mypy knows about the rest.
        assert not owners or owners & declared, f"{file} imports {module}, of {owners}"


def test_the_procfile_starts_what_opsbot_itself_starts() -> None:
    lines = (ROOT / "Procfile").read_text(encoding="utf-8").splitlines()
    commands = dict(line.split(": ", 1) for line in lines)
    expected = {name: " ".join(("opsbot", *words)) for name, words in PROCESSES.items()}
    expected["web"] = expected.pop("serve")
    assert commands == expected
