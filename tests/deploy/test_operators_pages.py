"""The operator's pages say what is: every setting, command, unit and file that they name exists."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer

from exchange.cli.app import _app
from exchange.config import _ENVIRONMENT
from tests.deploy.machine import UNITS
from tests.deploy.prefix import ROOT

DEPLOY = ROOT / "deploy"
README = (DEPLOY / "README.md").read_text("utf-8")
PAGES = [DEPLOY / "README.md", *sorted((DEPLOY / "runbooks").glob("*.md"))]
_LONGEST_RUNBOOK = 60
_COMMANDS = re.compile(r"(?:^|[ /])(?:exchange|verzuim-admin) ([a-z].*)")


def section(title: str) -> str:
    """Give one section of the entry page."""
    return README.partition(f"## {title}\n")[2].partition("\n## ")[0]


def commands_in(text: str) -> list[list[str]]:
    """Give the commands of ours that a page has somebody type, in code."""
    found = (match for line in _code(text) for match in _COMMANDS.findall(line))
    return [shlex.split(words, comments=True) for words in found]


def _code(text: str) -> list[str]:
    inline = re.findall(r"`([^`\n]+)`", text)
    blocks = [
        line.strip()
        for block in re.findall(r"```\n(.*?)```", text, re.DOTALL)
        for line in block.splitlines()
    ]
    return inline + blocks


def exists(words: list[str]) -> bool:
    """Whether these words name a command, as far as they are names, with options that it has."""
    command: Any = typer.main.get_command(_app)
    rest = [word.rstrip(",;.") for word in words]
    while hasattr(command, "commands") and rest and not rest[0].startswith("-"):
        if rest[0] not in command.commands:
            return False
        command = command.commands[rest.pop(0)]
    options = {name for one in command.params for name in one.opts}
    return {word for word in rest if word.startswith("--")} <= options | {"--help"}


def test_every_setting_is_described_and_none_that_does_not_exist() -> None:
    described = set(re.findall(r"`([A-Z][A-Z0-9_]+)`", section("Settings")))
    assert described - {"_FILE"} == {*_ENVIRONMENT.values()}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_file_that_a_page_leads_to_is_there(page: Path) -> None:
    links: list[str] = re.findall(r"\]\(([^)#]+)", page.read_text("utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_command_on_a_page_exists(page: Path) -> None:
    assert [words for words in commands_in(page.read_text("utf-8")) if not exists(words)] == []


def test_a_command_that_does_not_exist_is_seen() -> None:
    (found,) = commands_in("Type `verzuim-admin party remove OIN` now.")
    assert not exists(found)
    (found,) = commands_in("```\nexchange party add OIN NAME --role x\n```")
    assert not exists(found)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_unit_on_a_page_exists(page: Path) -> None:
    text = page.read_text("utf-8")
    typed = [line for line in _code(text) if line.startswith("systemctl") and "verzuim-" in line]
    named = {name for line in typed for name in re.findall(r"verzuim-[a-z.-]+[a-z]", line)}
    units = {path.name for path in UNITS.iterdir()}
    assert {name if "." in name else f"{name}.service" for name in named} <= units


def test_the_installation_lays_down_every_file_that_there_is() -> None:
    steps = section("The first installation, with systemd")
    numbers = re.findall(r"^(\d+)\. ", steps, re.MULTILINE)
    assert numbers == [str(n + 1) for n in range(len(numbers))]
    assert len(numbers) == 10
    patterns = re.findall(r"deploy/systemd/[\w.*/-]+", " ".join(_code(steps)))
    laid_down = {path.relative_to(UNITS) for pattern in patterns for path in ROOT.glob(pattern)}
    laid_down |= {below for path in laid_down for below in _below(path)}
    there = {path.relative_to(UNITS) for path in UNITS.rglob("*") if path.is_file()}
    assert there - laid_down == {Path("exchange.env.example")}  # copied by hand, and edited
    assert "exchange.env.example" in steps


def _below(path: Path) -> list[Path]:
    return [found.relative_to(UNITS) for found in (UNITS / path).rglob("*") if found.is_file()]


@pytest.mark.parametrize("page", PAGES[1:], ids=lambda page: page.stem)
def test_a_runbook_is_one_page_and_is_in_the_list(page: Path) -> None:
    assert len(page.read_text("utf-8").splitlines()) <= _LONGEST_RUNBOOK
    assert f"(runbooks/{page.name})" in section("When something is wrong")


def test_the_picture_of_who_needs_which_secret_is_that_of_the_units() -> None:
    for unit in UNITS.glob("*.service"):
        assert f"`{unit.stem}`" in README
