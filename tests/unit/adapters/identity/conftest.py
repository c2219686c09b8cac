"""One set of certificates for all tests of identity."""

from __future__ import annotations

import pytest

from tests.unit.adapters.identity.loopback import Pki


@pytest.fixture(scope="session")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    return Pki(tmp_path_factory.mktemp("pki"))
