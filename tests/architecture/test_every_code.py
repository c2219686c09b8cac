"""Every code of the contract is what some test gets through HTTP, with its status."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

from exchange.api.problems import status_of
from exchange.errors import Code

ROOT = Path(__file__).resolve().parents[2]
THROUGH_HTTP = ROOT / "tests" / "integration" / "api"
_BAD_REQUEST = 400

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_Said = tuple[object, str]
"""What an answer is said to be: its status, or the pointer of one fault, and a code."""


def test_every_code_is_asserted_through_http() -> None:
    assert set(codes_in(THROUGH_HTTP)) == set(Code)


ASSERTED = """
async def test_a(world): assert refusal(await ask(world)) == (403, "geen-recht")
async def test_b(world):
    for answer in await all_of(world):
        assert {refusal(answer)} == {(409, "al-gemeld")}
@pytest.mark.parametrize(("name", "expected"), [("las", (401, "niet-aangemeld"))])
async def test_c(world, name, expected): assert refusal(await ask(world, name)) == expected
async def test_d(world): assert faults(await ask(world)) == [("/pgn", "pgn-ongeldig")]
"""
NOT_ASSERTED = """
def test_no_world(): assert answer == (403, "geen-recht")
async def not_a_test(world): assert refusal(await ask(world)) == (403, "geen-recht")
async def test_other_status(world): assert refusal(await ask(world)) == (404, "geen-recht")
async def test_only_said(world): found = (403, "geen-recht")
@pytest.mark.parametrize(("name", "expected"), [("las", (401, "niet-aangemeld"))])
async def test_dropped(world, name, expected): assert await ask(world, name)
async def test_a_status(world): assert await state(world) == ("berichten", "vervallen")
async def test_denied(world): assert refusal(await ask(world)) != (403, "geen-recht")
"""


def test_only_what_a_test_asserts_of_an_answer_is_found() -> None:
    found = [Code.GEEN_RECHT, Code.AL_GEMELD, Code.NIET_AANGEMELD, Code.PGN_ONGELDIG]
    assert list(asserted_codes(ASSERTED)) == found
    assert list(asserted_codes(NOT_ASSERTED)) == []


def codes_in(folder: Path) -> Iterator[Code]:
    """Give every code that the tests in a folder assert."""
    for path in folder.rglob("test_*.py"):
        yield from asserted_codes(path.read_text("utf-8"))


def asserted_codes(source: str) -> Iterator[Code]:
    """Give every code that a test with a ``world`` asserts together with its status."""
    for test in functions(source):
        if test.name.startswith("test_") and "world" in {arg.arg for arg in test.args.args}:
            yield from (Code(code) for said, code in answers(test) if fits(said, code))


def functions(source: str) -> Iterator[_Function]:
    """Give every function at the top of a module."""
    return (node for node in ast.parse(source).body if isinstance(node, _Function))


def answers(test: _Function) -> Iterator[_Said]:
    """Give the answers in a test's assertions, and in the parameters that these look at."""
    asserts = [node for node in ast.walk(test) if isinstance(node, ast.Assert)]
    equal = [node for node in asserts if not denies(node)]
    yield from pairs(equal)
    looked_at = {n.id for node in equal for n in ast.walk(node) if isinstance(n, ast.Name)}
    for mark in test.decorator_list:
        if isinstance(mark, ast.Call) and len(mark.args) > 1:
            yield from pairs(node for name, node in columns(mark) if name in looked_at)


def denies(node: ast.AST) -> bool:
    """Whether an assertion says what an answer is not."""
    return any(isinstance(n, ast.NotEq | ast.NotIn | ast.Not) for n in ast.walk(node))


def columns(mark: ast.Call) -> Iterator[tuple[str, ast.AST]]:
    """Give what a parametrize mark fills in, each with the name that it goes to."""
    given = [str(n.value) for n in ast.walk(mark.args[0]) if isinstance(n, ast.Constant)]
    named = [name.strip() for text in given for name in text.split(",")]
    rows = mark.args[1].elts if isinstance(mark.args[1], ast.List | ast.Tuple) else []
    for row in rows:
        cells = row.elts if len(named) > 1 and isinstance(row, ast.Tuple) else [row]
        yield from zip(named, cells, strict=False)


def pairs(nodes: Iterable[ast.AST]) -> Iterator[_Said]:
    """Give every ``(status, code, ...)`` and ``(pointer, code)`` that is written out."""
    for node in (found for top in nodes for found in ast.walk(top)):
        if isinstance(node, ast.Tuple) and len(node.elts) > 1:
            said, code = node.elts[:2]
            if isinstance(said, ast.Constant) and isinstance(code, ast.Constant):
                yield said.value, str(code.value)


def fits(said: object, code: str) -> bool:
    """Whether that can be said of a code; a delivery without a good line is always 400."""
    if code not in set(Code):
        return False
    if isinstance(said, str):
        return said == "" or said.startswith("/")
    return said in {status_of(Code(code)), _BAD_REQUEST}
