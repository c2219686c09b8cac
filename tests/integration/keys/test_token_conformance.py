"""A token keeps to what every KeyProvider keeps to."""

from __future__ import annotations

from tests.unit.adapters.keys import test_key_conformance as conformance


class TestTokenConformance(conformance.TestKeyProviderConformance):
    """The suite of all providers, with the ``keys`` of this folder's conftest."""


class TestTokenRotation(conformance.TestRotation):
    """Rotation too."""


class TestTokenInventory(conformance.TestInventory):
    """And what it tells."""
