"""README, version, licences and examples."""

import os
import re
import subprocess
import sys
from configparser import ConfigParser
from importlib import metadata
from pathlib import Path

import pytest

import skmmdro

ROOT = Path(skmmdro.__file__).parents[1]
README = ROOT / "README.md"
pytestmark = pytest.mark.skipif(
    not README.exists(), reason="installed without the repository"
)


def blocks(language):
    """Return the code blocks of the README that are marked with a language."""
    text = README.read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def test_quick_start_prints_what_the_readme_says(tmp_path):
    (code,), (expected,) = blocks("python"), blocks("text")
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout == expected


def test_commands_are_one_line_each_and_start_from_nothing():
    commands = [command.strip() for command in blocks("bash")]
    assert len(commands) == 2
    for command in commands:
        assert "\n" not in command
        assert command.startswith("python3 -m venv .venv && ")
        assert ".venv/bin/python -m pip install -e " in command
    assert commands[0].endswith(".venv/bin/python examples/plot_heart_hospitals.py")
    assert ".venv/bin/python -m pytest" in commands[1]


def test_files_that_the_readme_names_exist():
    text = README.read_text(encoding="utf-8")
    named = re.findall(r"\]\((?!https?:)([^)]+)\)", text)
    named += re.findall(r"`((?:docs|examples|benchmarks)/[\w./-]+\.\w+)`", text)
    assert "docs/images/heart_hospitals.png" in named
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_extras_in_the_readme_are_declared():
    setup = ConfigParser()
    setup.read(ROOT / "setup.cfg", encoding="utf-8")
    declared = set(setup["options.extras_require"])
    used = re.findall(r'-e "\.\[([\w,]+)\]"', README.read_text(encoding="utf-8"))
    assert len(used) == 2
    assert {extra for extras in used for extra in extras.split(",")} <= declared
    assert {"plot", "frames", "test", "docs", "all"} <= declared


def test_version():
    assert re.fullmatch(r"\d+\.\d+\.\d+(\.dev\d+|rc\d+)?", skmmdro.__version__)
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"## {skmmdro.__version__}" in changelog
    try:
        installed = metadata.version("skmmdro")
    except metadata.PackageNotFoundError:
        pytest.skip("skmmdro is run from its directory, not installed")
    assert installed == skmmdro.__version__


def test_every_bundled_file_has_its_licence_in_the_notice():
    notice = (ROOT / "NOTICE").read_text(encoding="utf-8")
    files = [
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "skmmdro" / "datasets" / "data").iterdir()
    ]
    assert len(files) >= 2
    for name in files:
        _, _, entry = notice.partition(f"{name}\n")
        entry = entry.split("skmmdro/datasets/data/")[0]
        assert "doi:10." in entry or "Licence:" in entry, f"NOTICE lacks {name}."
        assert " by " in entry or "Investigators" in entry
        assert "Changes:" in entry
    assert "https://creativecommons.org/licenses/by/4.0/" in notice
    assert "BSD 3-Clause" in (ROOT / "LICENSE").read_text(encoding="utf-8")
    setup = ConfigParser()
    setup.read(ROOT / "setup.cfg", encoding="utf-8")
    assert {"LICENSE", "NOTICE"} <= set(setup["metadata"]["license_files"].split())
