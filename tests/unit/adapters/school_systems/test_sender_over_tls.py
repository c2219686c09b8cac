"""The sender over real TLS: a certificate that is not believed stops it, an outage does not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from adapters.school_systems.post import ATTEMPTS
from exchange.errors import Code
from tests.persons import bsn
from tests.unit.adapters.identity.loopback import VALID, EchoPeer, Pki, serving
from tests.unit.adapters.school_systems.conftest import School
from tests.unit.adapters.school_systems.gateway import registrations


@pytest.fixture
def base_url(pki: Pki) -> Iterator[str]:
    """A server that believes the party's CA alone; what it answers makes no sense."""
    with serving(EchoPeer(lambda _: None), pki.server_tls()) as port:
        yield f"https://localhost:{port}"


def stopped_by(school: School, **changes: object) -> Code:
    """Give the code with which a delivery stopped."""
    school.write(registrations(("V-1", bsn(1), 60)))
    report = school.send(**changes)
    assert (report.accepted, report.refused) == (0, 0)
    assert report.halted is not None
    return report.halted.code


def test_a_gateway_that_is_not_believed_stops_at_once(
    school: School, pki: Pki, base_url: str
) -> None:
    assert stopped_by(school, base_url=base_url, ca=pki.foreign_ca) is Code.NIET_AANGEMELD
    assert school.waits == []


def test_a_sender_that_is_not_believed_hears_what_to_look_at(
    school: School, pki: Pki, base_url: str
) -> None:
    foreign = pki.issue("foreign", pki.foreign, VALID)
    school.write(registrations(("V-1", bsn(1), 60)))
    report = school.send(base_url=base_url, cert=foreign.cert, key=foreign.key)
    assert report.halted is not None
    assert "--cert" in report.halted.facts["herstel"]  # TLS 1.3: the server just hangs up


def test_an_answer_over_a_believed_connection_is_no_such_stop(
    school: School, base_url: str
) -> None:
    assert stopped_by(school, base_url=base_url) is Code.DIENST_ONBESCHIKBAAR
    assert school.waits == []


def test_a_gateway_that_is_not_there_is_waited_for(school: School, pki: Pki) -> None:
    with serving(EchoPeer(lambda _: None), pki.server_tls()) as port:
        gone = f"https://localhost:{port}"
    assert stopped_by(school, base_url=gone) is Code.DIENST_ONBESCHIKBAAR
    assert len(school.waits) == ATTEMPTS - 1
