"""The way of a message in code is the way of a message in ``docs/flow.md``, step by step."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import get_type_hints

from exchange.pipeline import acknowledge, forward, stages

ROOT = Path(__file__).resolve().parents[2]
CODE = ast.parse((ROOT / "exchange/pipeline/flow.py").read_text("utf-8"))
FUNCTIONS = {
    node.name: node
    for node in CODE.body
    if isinstance(node, ast.AsyncFunctionDef | ast.FunctionDef)
}
_WAY_IN, _WAY_OUT = (ROOT / "docs/flow.md").read_text("utf-8").split("## ")[1:]
_ROW = re.compile(r"^\| (\d+) (\w+) \| `(\w+\.py)` \|(.*)\|$", re.MULTILINE)


def test_the_steps_of_accept_are_those_of_the_page_and_in_its_order() -> None:
    page = [f"{number} {name}" for number, name, *_ in _ROW.findall(_WAY_IN)]
    assert list(_passed("accept")) == page
    assert page == [f"{number} {step.split()[1]}" for number, step in enumerate(page, start=1)]


def test_a_rehearsal_is_the_first_six_of_them() -> None:
    assert list(_passed("rehearse")) == list(_passed("accept"))[:6]


def test_registrations_take_the_same_steps_line_by_line() -> None:
    assert list(_passed("accept_lines")) == list(_passed("accept"))
    assert list(_passed("rehearse_lines")) == list(_passed("accept"))[:7]
    stages_of_a_line = [step.split()[1] for step in _passed("accept_lines")][2:]
    folder = ROOT / "exchange/pipeline/registrations"
    assert all((folder / f"{step}.py").is_file() for step in stages_of_a_line)


def test_a_step_is_one_file_one_function_and_one_type() -> None:
    for _, name, file, rest in _ROW.findall(_WAY_IN):
        assert file == f"{name}.py"
        module = import_module(f"exchange.pipeline.{name}")
        _, gives, _ = (cell.strip() for cell in rest.split("|"))
        given = getattr(stages, gives.strip("`"))
        assert get_type_hints(getattr(module, name))["return"] is given


def test_the_steps_of_deliver_are_those_of_the_page_and_in_its_order() -> None:
    page = _ROW.findall(_WAY_OUT)
    assert [int(number) for number, *_ in page] == list(range(1, len(page) + 1))
    assert [name for _, name, *_ in page] == list(_called("deliver", {"forward", "acknowledge"}))
    for _, name, file, _ in page:
        assert file == f"{name}.py"
    assert forward.__doc__ is not None
    assert acknowledge.__doc__ is not None
    assert "step 1" in forward.__doc__
    assert "step 2" in acknowledge.__doc__


def _passed(function: str) -> Iterator[str]:
    """Give the numbered steps of a flow in the order of its lines, its own helpers included."""
    for call in _calls(FUNCTIONS[function]):
        name = call.func.id if isinstance(call.func, ast.Name) else ""
        if name == "passed":
            step = call.args[0]
            assert isinstance(step, ast.Constant)
            yield str(step.value)
        elif name in FUNCTIONS:
            yield from _passed(name)


def _called(function: str, wanted: set[str]) -> Iterator[str]:
    for call in _calls(FUNCTIONS[function]):
        if isinstance(call.func, ast.Name) and call.func.id in wanted:
            yield call.func.id


def _calls(node: ast.AST) -> list[ast.Call]:
    found = [child for child in ast.walk(node) if isinstance(child, ast.Call)]
    return sorted(found, key=lambda call: (call.lineno, call.col_offset))
