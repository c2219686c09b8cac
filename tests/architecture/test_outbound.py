"""What opens a connection stands in ``docs/outbound.md`` by module, and nothing else opens one."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from exchange.messages.antwoord import Bevestiging, Terugmelding
from exchange.messages.contracts import CONTRACTS
from exchange.messages.inzage import Inzageverzoek
from exchange.messages.logregels import LogregelsVraag
from exchange.messages.verzuimbeleid import VerzuimbeleidVersie

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/outbound.md").read_text("utf-8")
_ROW = re.compile(r"^\| `([a-z_/]+\.py)` \| (.+) \|$", re.MULTILINE)
_MAKERS: Final = frozenset(
    {
        "httpx.Client", "httpx.AsyncClient", "httpx.HTTPTransport", "httpx.AsyncHTTPTransport",
        "httpx.get", "httpx.post", "httpx.put", "httpx.patch", "httpx.delete", "httpx.head",
        "httpx.options", "httpx.request", "httpx.stream",
        "httpcore.ConnectionPool", "httpcore.AsyncConnectionPool", "httpcore.HTTPConnection",
        "httpcore.AsyncHTTPConnection", "httpcore.SyncBackend", "httpcore.AnyIOBackend",
        "httpcore.AsyncHTTPProxy", "httpcore.HTTPProxy", "httpcore.request", "httpcore.stream",
        "socket.create_connection", "socket.getaddrinfo", "socket.gethostbyname",
        "asyncio.open_connection", "asyncio.open_unix_connection", "anyio.connect_tcp",
        "http.client.HTTPConnection", "http.client.HTTPSConnection", "urllib.request.urlopen",
        "urllib.request.build_opener", "smtplib.SMTP", "ftplib.FTP", "asyncpg.connect",
        "asyncpg.create_pool", "telnetlib.Telnet", "xmlrpc.client.ServerProxy", "imaplib.IMAP4",
    }
)  # fmt: skip
_CONNECTING: Final = frozenset({"create_connection", "create_unix_connection", "sock_connect"})


def calls(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    """Give every call with its full name, whatever name the module imported it under."""
    known = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for name in node.names:
                known[name.asname or name.name.partition(".")[0]] = (
                    name.name if name.asname else name.name.partition(".")[0]
                )
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for name in node.names:
                known[name.asname or name.name] = f"{node.module}.{name.name}"
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            first, dot, rest = ast.unparse(node.func).partition(".")
            yield known.get(first, first) + dot + rest, node


def made(tree: ast.AST) -> dict[str, list[ast.Call]]:
    """Give what makes connections in a module, and where."""
    found = defaultdict(list)
    for name, call in calls(tree):
        if name in _MAKERS or name.rpartition(".")[2] in _CONNECTING:
            found[name].append(call)
    return found


def modules() -> Iterator[tuple[str, dict[str, list[ast.Call]]]]:
    """Give every module that makes connections."""
    for folder in ("adapters", "exchange"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            if found := made(ast.parse(path.read_text("utf-8"))):
                yield path.relative_to(ROOT).as_posix(), found


def test_the_page_lists_every_module_that_makes_a_connection_and_no_other() -> None:
    listed = {module: set(re.findall(r"`([^`]+)`", makes)) for module, makes in _ROW.findall(PAGE)}
    assert listed == {module: set(found) for module, found in modules()}


def test_no_client_heeds_the_environment_or_follows_a_redirect() -> None:
    seen = 0
    for module, found in modules():
        for name in ("httpx.Client", "httpx.AsyncClient"):
            for call in found.get(name, ()):
                given = {word.arg: ast.unparse(word.value) for word in call.keywords}
                assert given.get("trust_env") == "False", module
                assert given.get("follow_redirects", "False") == "False", module
                assert "transport" in given, f"{module}: a call of it is not bounded as a whole"
                assert "proxy" not in given, module
                seen += 1
    assert seen >= 4


@pytest.mark.parametrize(
    "code",
    [
        "import httpx\nhttpx.get(x)",
        "import httpx as h\nh.Client()",
        "from httpx import AsyncClient as C\nC()",
        "from urllib.request import urlopen\nurlopen(x)",
        "import urllib.request\nurllib.request.urlopen(x)",
        "import asyncio\nasyncio.open_connection(x)",
        "loop.create_connection(f)",
        "from socket import create_connection\ncreate_connection(x)",
    ],
)
def test_a_new_way_out_is_seen(code: str) -> None:
    assert made(ast.parse(code))


def test_only_the_register_gives_an_address_and_only_the_way_out_uses_one() -> None:
    """What a push goes to is what was leased, and what is leased comes from the parties alone."""
    makers = defaultdict(set)
    for folder in ("adapters", "exchange"):
        for path in (ROOT / folder).rglob("*.py"):
            for name, _ in calls(ast.parse(path.read_text("utf-8"))):
                makers[name.rpartition(".")[2]].add(path.relative_to(ROOT).as_posix())
    assert makers["Push"] == {"exchange/pipeline/forward.py"}
    assert makers["DuePush"] == {
        "exchange/storage/forwarding.py",
        "exchange/storage/release_notices.py",
    }
    for module in makers["DuePush"]:
        code = (ROOT / module).read_text("utf-8")
        assert re.findall(r"(\w+)\.push_url FROM|SELECT leased\.\*, (\w+)\.push_url", code) == [
            ("", "p")
        ]
        assert "LEFT JOIN parties p ON p.oin = leased.recipient AND p.revoked_at IS NULL" in code


def test_no_message_and_no_answer_of_a_recipient_has_a_member_that_is_an_address() -> None:
    models = [contract.model for contract in CONTRACTS.values()]
    models += [Bevestiging, Terugmelding, Inzageverzoek, LogregelsVraag, VerzuimbeleidVersie]
    names = {name.lower() for model in models for name in model.__dataclass_fields__}
    assert not {n for n in names if re.search(r"url|uri|href|link|adres|host|callback|hook", n)}
