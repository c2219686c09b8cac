"""Our own rules (``rules.yaml``): nothing in our code, and each finds what was planted for it."""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import yaml

from tests.programs import ROOT, audit_program

RULES = Path(__file__).with_name("rules.yaml")
ROOMS = ("exchange", "adapters")

PLANTED = {
    "identifier-in-an-error-or-event": "raise Refused(code, wie=f'{pgn.reveal()} is geweigerd')",
    "text-of-a-foreign-error": """
try:
    read(body)
except ValidationError as error:
    raise Refused(str(error)) from None
""",
    "output-beside-the-catalogue": "print(message)",
    "printed-traceback": "log.exception('mislukt')",
    "unkeyed-hash-of-an-identifier": "hashlib.sha256(b'nl' + pgn.reveal().encode())",
    "hash-outside-its-rooms": "hashlib.md5(body)",
    "secret-compared-in-variable-time": "ok = record.mac == written",
    "trusting-network-client": "client = httpx.Client(base_url=url)",
    "query-made-of-text": """
async def find(conn, name):
    return await conn.execute(text(f"SELECT * FROM parties WHERE naam = '{name}'"))
""",
    "markup-without-escape": "shown = Markup(label)",
    "code-out-of-data": "value = pickle.loads(body)",
    "unbounded-unpacking": "body = gzip.decompress(body)",
    "clock-read-inside": "today = datetime.now(UTC).date()",
    "setting-read-inside": "password = os.environ['PASSWORD']",
    "rest-of-an-error-swallowed": """
try:
    forward(parcel)
except Exception:
    pass
""",
}
INNOCENT = '''
async def find(conn, name, body, mac, written, pgn, url):
    """Every lawful twin of what is planted."""
    if hmac.compare_digest(mac, written):
        emit(REFUSED, code=code)
    digest = keys.mac(key, pgn.reveal().encode())
    client = httpx.Client(base_url=url, trust_env=False)
    await conn.execute(text("SELECT * FROM parties WHERE naam = :naam"), {"naam": name})
    await conn.execute(text(f"SET LOCAL ROLE {OWNER}"))
    unpacked = zlib.decompressobj(31).decompress(body, limit)
    try:
        read(body)
    except ValidationError as error:
        raise Refused(Code.ONGELDIGE_JSON) from None
    return hashlib.sha256(body).digest(), clock.now(), digest, client, unpacked
'''


def test_our_own_rules_find_nothing_in_our_code() -> None:
    report = _scan(ROOT, *ROOMS)
    read = {ROOT / path for path in report["paths"]["scanned"]}
    assert [p for room in ROOMS for p in (ROOT / room).rglob("*.py") if p not in read] == []
    assert [
        f"{one['path']}:{one['start']['line']} {one['check_id'].rpartition('.')[2]}"
        for one in report["results"]
    ] == []


def test_each_rule_finds_what_was_planted_for_it_and_nothing_else(tmp_path: Path) -> None:
    room = tmp_path / "exchange" / "pipeline"
    room.mkdir(parents=True)
    for rule, code in PLANTED.items():
        (room / f"{rule}.py").write_text(code, "utf-8")
    (room / "innocent.py").write_text(INNOCENT, "utf-8")
    report = _scan(tmp_path, "exchange")
    found = Counter((Path(one["path"]).stem, _rule(one)) for one in report["results"])
    assert found == Counter((rule, rule) for rule in _rules())


def test_every_rule_has_something_planted() -> None:
    assert set(PLANTED) == set(_rules())


def _scan(root: Path, *folders: str) -> dict[str, Any]:
    command = [audit_program("semgrep"), "scan", "--config", str(RULES), "--json", "--quiet"]
    switches = ["--metrics", "off", "--disable-version-check", "--no-git-ignore"]
    switches += ["--project-root", str(root)]
    done = subprocess.run(
        [*command, *switches, *folders], cwd=root, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    assert report["errors"] == []
    return report


def _rule(found: dict[str, Any]) -> str:
    return str(found["check_id"]).rpartition(".")[2]


def _rules() -> list[str]:
    return [rule["id"] for rule in yaml.safe_load(RULES.read_text("utf-8"))["rules"]]
