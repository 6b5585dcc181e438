"""In CI a test that lacks something fails; at a desk it is skipped and says what it lacks."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
SKIPS = {
    "a call": "def test_it():\n    pytest.skip('no browser here')\n",
    "a mark": "@pytest.mark.skipif(True, reason='no browser here')\ndef test_it():\n    pass\n",
    "a fixture": (
        "@pytest.fixture\ndef browser():\n    pytest.skip('no browser here')\n\n"
        "def test_it(browser):\n    pass\n"
    ),
    "the whole file": "pytest.skip('no browser here', allow_module_level=True)\n",
}
EXPECTED = "@pytest.mark.xfail(strict=True, reason='known')\ndef test_it():\n    assert 1 == 2\n"
SETTINGS = (
    "import os\n\ndef test_it():\n    assert 'SLACK_BOT_TOKEN' not in os.environ\n"
    "    assert os.environ['OPSBOT_VENDOR_SPECS'] == 'kept'\n"
)


def _run(folder: Path, *tests: str, **variables: str) -> subprocess.CompletedProcess[str]:
    (folder / "conftest.py").write_bytes((ROOT / "tests/conftest.py").read_bytes())
    for number, test in enumerate(tests):
        (folder / f"test_{number}.py").write_text(f"import pytest\n{test}", encoding="utf-8")
    environment = {k: v for k, v in os.environ.items() if k != "CI"} | variables
    options = ("-p", "no:cacheprovider", "--rootdir=.", "--continue-on-collection-errors")
    return subprocess.run(
        [sys.executable, "-m", "pytest", *options, "."],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_way_to_skip_fails_in_ci_and_names_what_is_missing(tmp_path: Path) -> None:
    ran = _run(tmp_path, *SKIPS.values(), CI="true")
    assert ran.returncode == 1
    for number, how in enumerate(SKIPS):
        refusal = rf"test_{number}\.py\S* must not be skipped in CI.*no browser here"
        assert re.search(refusal, ran.stdout), f"{how} passed:\n{ran.stdout}"


def test_a_skip_stays_a_skip_at_a_desk(tmp_path: Path) -> None:
    ran = _run(tmp_path, *SKIPS.values())
    assert ran.returncode == 0
    assert f"{len(SKIPS)} skipped" in ran.stdout


def test_a_known_failure_stays_one_and_nobodys_settings_come_in(tmp_path: Path) -> None:
    settings = {"SLACK_BOT_TOKEN": "xoxb-theirs", "OPSBOT_VENDOR_SPECS": "kept"}
    ran = _run(tmp_path, EXPECTED, SETTINGS, CI="true", **settings)
    assert ran.returncode == 0, ran.stdout
    assert "1 passed, 1 xfailed" in ran.stdout
