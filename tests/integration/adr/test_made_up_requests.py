"""Nothing that Schemathesis makes up gets an answer that the document does not promise."""

from __future__ import annotations

import asyncio
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.adr.walk import operations
from tests.generate import openapi
from tests.integration.adr.furniture import furnish
from tests.integration.adr.fuzzing import Plan, Tried, try_out
from tests.integration.adr.lies import LIES, lying
from tests.integration.adr.site import Site, running
from tests.integration.servers import TestDatabase, run_sql
from tests.privacy.territory import PUBLIC

DOCUMENT = openapi()
ALL = {f"{one.method.upper()} {one.path}" for one in operations(DOCUMENT)}
OPEN = {f"{method} {path}" for method, path in PUBLIC}
PLANS = {
    "supplier": Plan("las-noord", ("--include-tag", "Scholen"), message=1),
    "leerplicht": Plan(
        "leerplicht-0361",
        ("--include-path-regex", "^/(berichten|sleutel)(/|$)", "--exclude-tag", "Scholen"),
    ),
    "ocw": Plan("ocw", ("--include-path-regex", "^/leveringen(/|$)")),
    "fg": Plan("fg", ("--include-tag", "Verantwoording", "--include-tag", "Logboek")),
    "anybody": Plan(None, ("--include-tag", "Openbaar")),
    "nobody": Plan(None, phases="fuzzing"),
}
CHECKS = {
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "unsupported_method",
    "allow_header_conformance",
}
_FEWEST = 1_000


@pytest.fixture(scope="module")
async def site(fresh: TestDatabase) -> AsyncIterator[Site]:
    """A gateway in a process of its own that knows a few messages; its commits are not waited for.

    Nearly every request is refused, and each refusal of a party leaves a record.
    """
    name = urlsplit(fresh.url).path.strip("/")
    await run_sql(fresh.url, f"ALTER DATABASE {name} SET synchronous_commit = off")
    with tempfile.TemporaryDirectory(prefix="vx-adr-", dir="/tmp") as folder:
        async with running(Path(folder), fresh) as site:
            await furnish(site, fresh)
            yield site


@pytest.fixture(scope="module")
async def tried(site: Site) -> Mapping[str, Tried]:
    """All plans, side by side."""
    found = await asyncio.gather(*(try_out(plan, site, DOCUMENT) for plan in PLANS.values()))
    return dict(zip(PLANS, found, strict=True))


@pytest.mark.parametrize("plan", PLANS)
def test_every_answer_is_as_the_document_promises(tried: Mapping[str, Tried], plan: str) -> None:
    found = tried[plan]
    assert (found.code, found.failures()) == (0, set()), found.said
    assert found.summary["complete"]
    assert found.summary["operations"]["errored"] == 0
    assert found.summary["test_cases"]["errored"] == 0


def test_every_operation_was_really_tried(tried: Mapping[str, Tried]) -> None:
    answered = {label for one in tried.values() for label in one.statuses}
    with_rights = {label for name in PLANS if name != "nobody" for label in tried[name].statuses}
    assert answered == with_rights == ALL
    assert set(tried["nobody"].statuses) == ALL
    assert sum(one.summary["test_cases"]["generated"] for one in tried.values()) > _FEWEST


def test_every_operation_was_once_done(tried: Mapping[str, Tried]) -> None:
    statuses: dict[str, Counter[int]] = {label: Counter() for label in ALL}
    for one in tried.values():
        for label, found in one.statuses.items():
            statuses[label] += found
    never = {label for label, found in statuses.items() if not any(s < 400 for s in found)}
    assert never == NEVER_DONE, {label: dict(statuses[label]) for label in never}


NEVER_DONE = {"POST /logboek/cosignatures"}
"""It wants a witness's signature over the newest head, which test_logboek gives."""


def test_every_check_that_is_on_looked(tried: Mapping[str, Tried]) -> None:
    looked = set().union(*(one.passed for one in tried.values()))
    assert looked >= CHECKS


def test_nobody_gets_in_where_one_must_be_somebody(tried: Mapping[str, Tried]) -> None:
    for label in ALL - OPEN:
        found = tried["nobody"].statuses[label]
        assert found[401], label
        assert not any(status < 400 for status in found), label


def test_the_gateway_called_nothing_its_own_fault(site: Site, tried: Mapping[str, Tried]) -> None:
    assert tried
    assert site.faults() == []


# --- the gate is live ---


@pytest.fixture(scope="module")
async def deceived(site: Site) -> Tried:
    """What comes of a description that lies about the same gateway."""
    return await try_out(Plan("las-noord", phases="coverage"), site, lying(DOCUMENT))


@pytest.mark.parametrize("path", LIES)
def test_a_description_that_lies_is_found_out(deceived: Tried, path: str) -> None:
    assert deceived.code == 1
    kind, _ = LIES[path]
    found = {(kind, operation.partition(" ")[2]) for kind, operation in deceived.failures()}
    assert (kind, path) in found, found


class Faulty(BaseHTTPRequestHandler):
    """A server with one fault, which it gives to everybody."""

    def do_GET(self) -> None:
        self.send_error(500)

    do_HEAD = do_POST = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = do_TRACE = do_GET  # noqa: N815

    def log_message(self, *_: object) -> None:
        """Say nothing."""


async def test_a_server_that_fails_is_found_out(site: Site) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Faulty) as server:
        serving = asyncio.create_task(asyncio.to_thread(server.serve_forever))
        try:
            url = f"http://127.0.0.1:{server.server_port}/v1"
            plan = Plan(None, ("--include-path", "/sleutels"))
            found = await try_out(plan, site, DOCUMENT, url)
        finally:
            server.shutdown()
            await serving
    assert found.code == 1
    assert "ServerError" in {kind for kind, _ in found.failures()}
