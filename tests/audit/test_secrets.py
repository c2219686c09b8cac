"""detect-secrets finds no secret in what is committed, and finds the ones that were planted."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.programs import ROOT, audit_program

MADE_UP = (
    "HexHighEntropyString",
    "Base64HighEntropyString",
    "KeywordDetector",
    "BasicAuthDetector",
    "JwtTokenDetector",
)
"""Tests are full of trace ids, vectors, passwords of one test: there, only the kinds that somebody
could have taken from elsewhere are looked for."""


A_PUBLIC_KEY = [
    "exchange/api/openapi/examples/putSleutel.verzoek.ec.json: Base64 High Entropy String",
    "openapi/openapi.json: Base64 High Entropy String",
]
"""Of RFC 7515 appendix A.3, so that the example of registering a key can be sent as it is."""


def test_no_secret_is_committed() -> None:
    committed = _committed()
    product = [name for name in committed if not name.startswith("tests/")]
    tests = [name for name in committed if name.startswith("tests/")]
    assert len(product) > 500
    assert len(tests) > 300
    assert _secrets(ROOT, product) == A_PUBLIC_KEY
    assert _secrets(ROOT, tests, MADE_UP) == []


def test_secrets_that_were_planted_are_found(tmp_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    (tmp_path / "key.pem").write_text(pem, "utf-8")
    (tmp_path / "settings.py").write_text("password = 'Kaasbroodje-17-xq'\n", "utf-8")
    (tmp_path / "url.md").write_text("postgresql://exchange:Kaasbroodje17@db/exchange\n", "utf-8")
    names = ["key.pem", "settings.py", "url.md"]
    assert [found.partition(":")[0] for found in _secrets(tmp_path, names)] == names
    assert _secrets(tmp_path, names, MADE_UP) == ["key.pem: Private Key"]


def _committed() -> list[str]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    names = listed.stdout.decode().split("\0")
    pins = (".ci/spectral/package-lock.json", "requirements/")  # hashes by nature
    return [n for n in names if n and not n.startswith(pins) and (ROOT / n).is_file()]


def _secrets(root: Path, names: Sequence[str], without: Sequence[str] = ()) -> list[str]:
    """Give ``file: kind`` of each find, sorted."""
    switches = [switch for plugin in without for switch in ("--disable-plugin", plugin)]
    command = [audit_program("detect-secrets"), "scan", "--no-verify", "--all-files", *switches]
    done = subprocess.run([*command, *names], cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    results = json.loads(done.stdout)["results"]
    return sorted({f"{name}: {one['type']}" for name, found in results.items() for one in found})
