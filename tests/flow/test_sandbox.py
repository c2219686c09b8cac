"""The sandbox as a newcomer and as others' programs meet it: real processes in a real folder."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from exchange.messages.identifiers import Pgn
from exchange.sandbox.story.month import plan_month
from exchange.sandbox.world import read_world
from tests.deploy.exposed import found_in, processes, secrets_of, shown_by
from tests.flow.sandboxes import PARTS, POSTGRES, Sandbox, free_ports, wait_until
from tests.programs import program

SIGNAAL = {
    *("berichtId", "soort", "pgn", "vestigingscode", "venster", "ongeoorloofdeMinuten"),
    *("criterium", "oudersGeinformeerdOp", "actiesSchool", "contact", "zaakreferentie"),
}
MELDING = {
    *("berichtId", "soort", "verzuimsoort", "pgn", "vestigingscode", "begindatum", "dagen"),
    *("alleLessenGemist", "actieGemeenteGewenst", "oudersGeinformeerdOp", "actiesSchool"),
    *("contact", "zaakreferentie"),
}
PARTIES = {
    *("las-noord", "las-zuid", "las-regio", "school-99AA", "leerplicht-0361", "leerplicht-0599"),
    *("college-0361", "college-0599", "swv-PO2703", "swv-VO2703", "swv-VO2810", "ocw", "fg"),
}
NINE_DIGITS = re.compile(rb"(?<![0-9])(?:99990|10999)[0-9]{4}(?![0-9])")
TRACE_ID = re.compile(rb'"trace_id": "[0-9a-f]{32}"')
"""Random, and there are a thousand: now and then one holds nine such digits by chance."""


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """A folder with a space in its name, under one that is closed to other accounts."""
    with tempfile.TemporaryDirectory(prefix="vx-sandbox-") as closed:
        one = Sandbox(Path(closed).resolve() / "een map", free_ports())
        yield one
        one.remove()


@pytest.fixture(scope="module")
def unread(sandbox: Sandbox) -> subprocess.CompletedProcess[str]:
    """The first start, in which nobody receives."""
    return sandbox.once("--receivers", "none")


@pytest.fixture(scope="module")
def lived(sandbox: Sandbox, unread: object) -> subprocess.CompletedProcess[str]:
    """The first start in which everything arrives."""
    return sandbox.once()


@pytest.fixture(scope="module")
def running(sandbox: Sandbox, lived: object) -> Sandbox:
    """The sandbox in the background."""
    sandbox.start()
    return sandbox


def test_leaves_the_mailboxes_alone_when_asked(
    sandbox: Sandbox, unread: subprocess.CompletedProcess[str]
) -> None:
    assert unread.returncode == 0, unread.stdout + unread.stderr
    assert "allemaal nieuw" in unread.stdout
    assert "postbussen houden alles vast" in unread.stdout
    assert sandbox.journals() == {}


def test_lives_a_school_week_and_exits_0_when_everything_arrived(
    lived: subprocess.CompletedProcess[str],
) -> None:
    assert lived.returncode == 0, lived.stdout + lived.stderr
    assert lived.stderr == ""
    assert "sandbox: alles klopt: 39 signalen aangenomen" in lived.stdout
    for word in ("doorgegeven", "route", "afgeleid", "ingehouden", "leerplicht", "ocw"):
        assert word in lived.stdout


@pytest.mark.usefixtures("lived")
def test_describes_itself_to_other_programs(sandbox: Sandbox) -> None:
    described = sandbox.announcement
    assert described["baseUrl"] == f"https://localhost:{sandbox.port}"
    assert described["operatorUrl"] == f"http://127.0.0.1:{sandbox.port + 1}"
    assert re.fullmatch(
        r"postgresql://postgres:\S{20,}@/exchange\?host=\S+", described["databaseUrl"]
    )
    link = re.escape(described["baseUrl"]) + r"/console/link/[\w-]{43}"
    assert re.fullmatch(link, described["consoleSignIn"])
    assert described["parties"].keys() == PARTIES
    assert described["parties"]["fg"].keys() == {"oin", "cert", "key"}
    assert described["ca"] == "pki/ca.pem"
    assert described["journals"] == {
        "leerplicht-0361": "receivers/leerplicht-0361.ndjson",
        "leerplicht-0599": "receivers/leerplicht-0599.ndjson",
    }
    named = [p[kind] for p in described["parties"].values() for kind in ("cert", "key")]
    assert all((sandbox.folder / path).is_file() for path in named)


@pytest.mark.usefixtures("lived")
def test_keeps_everything_to_its_owner(sandbox: Sandbox) -> None:
    files = [path for path in sandbox.folder.rglob("*") if not path.is_symlink()]
    assert stat.S_IMODE(sandbox.folder.stat().st_mode) == 0o700
    assert [path for path in files if path.stat().st_mode & 0o077] == []


@pytest.mark.usefixtures("lived")
def test_journals_each_signaal_once_with_exactly_the_agreed_members(sandbox: Sandbox) -> None:
    lines = [line for journal in sandbox.journals().values() for line in journal]
    assert all(line.keys() == {"berichtId", "soort", "ontvangenOp", "inhoud"} for line in lines)
    signalen = [line["inhoud"] for line in lines if line["soort"] == "signaal"]
    assert len(signalen) in (38, 39)  # one is withdrawn at once: it may never have been downloaded
    assert all(one.keys() - {"vervangt"} == SIGNAAL for one in signalen)
    assert all(Pgn(one["pgn"]).is_test for one in signalen)
    assert sum("vervangt" in one for one in signalen) == 1
    assert len({line["berichtId"] for line in lines}) == len(lines)
    assert all(journal for journal in sandbox.journals().values())


@pytest.mark.usefixtures("lived")
def test_journals_each_verzuimmelding_once_with_exactly_the_agreed_members(
    sandbox: Sandbox,
) -> None:
    lines = [line for journal in sandbox.journals().values() for line in journal]
    meldingen = [line["inhoud"] for line in lines if line["soort"] == "verzuimmelding"]
    assert len(meldingen) == 7
    assert all(one.keys() - {"vervangt", "einddatum"} == MELDING for one in meldingen)
    assert {one["verzuimsoort"] for one in meldingen} == {"16-uur", "langdurig", "luxe"}
    assert [one for one in meldingen if "einddatum" not in one] == [
        one for one in meldingen if one["verzuimsoort"] == "langdurig"
    ]
    assert sum("vervangt" in one for one in meldingen) == 1


def test_counts_a_month_of_registrations_and_names_the_lines_that_came_back(
    sandbox: Sandbox,
    unread: subprocess.CompletedProcess[str],
    lived: subprocess.CompletedProcess[str],
) -> None:
    memory = json.loads((sandbox.folder / "story.json").read_text())
    month = plan_month(read_world(), date.fromisoformat(memory["reference"]), memory["week"])
    good = sum(delivery.acceptable for delivery in month.deliveries)
    for start in (unread, lived):
        said = re.search(r"([0-9.]+) registraties;", start.stdout)
        assert said is not None
        assert int(said[1].replace(".", "")) - good in (0, 4)  # with those of the threshold
        for delivery in month.deliveries:
            assert all(code.value in start.stdout for code in delivery.refusals.values())
        assert len(re.findall("las-[a-z]+: [0-9]+ leveringen", start.stdout)) == 3
        assert "━" not in start.stdout  # progress is for a terminal only
    assert "(al bekend)" not in unread.stdout
    assert lived.stdout.count("geweigerd (al bekend)") == 3


@pytest.mark.usefixtures("lived")
def test_writes_no_pupil_outside_the_journals(sandbox: Sandbox) -> None:
    leaks = [
        path
        for path in sandbox.folder.rglob("*")
        if path.is_file()
        and path.suffix != ".ndjson"
        and "postgres" not in path.relative_to(sandbox.folder).parts
        and NINE_DIGITS.search(TRACE_ID.sub(b"", path.read_bytes()))
    ]
    assert leaks == []
    journal = next(sandbox.folder.glob("receivers/*.ndjson"))
    assert NINE_DIGITS.search(journal.read_bytes())  # the search does see a pupil


@pytest.mark.usefixtures("lived")
def test_sends_the_week_again_and_changes_nothing(sandbox: Sandbox) -> None:
    before = sandbox.journals()
    again = sandbox.once("--quiet")
    assert again.returncode == 0
    assert re.fullmatch(r"sandbox: alles klopt: 39 signalen aangenomen[^\n]*\n", again.stdout)
    assert sandbox.journals() == before


def test_keeps_a_second_sandbox_out_of_its_folder(running: Sandbox) -> None:
    second = Sandbox(running.folder, free_ports()).once()
    assert second.returncode == 1
    assert second.stderr.count("\n") == 1
    assert "draait al een sandbox" in second.stderr
    assert running.is_ready()


def test_has_the_figures_of_all_schools_but_one_and_no_threshold_left(running: Sandbox) -> None:
    world = read_world()
    memory = json.loads((running.folder / "story.json").read_text())
    periode = world.calendar.last_month(date.fromisoformat(memory["reference"]))
    answers = {
        path: running.ask(party, f"/v1/vestigingen/{path}/{periode}")[0]
        for party, path in (
            ("school-99AA", "99AA00/leerlingaantallen"),
            ("las-regio", f"{world.counts_itself}/schoolcijfers"),
            ("las-regio", f"{world.silent}/leerlingaantallen"),
            ("las-regio", f"{world.silent}/schoolcijfers"),
        )
    }
    assert list(answers.values()) == [200, 200, 404, 404]
    status, found = running.ask("las-noord", "/v1/drempelmeldingen?vestigingscode=99BB00")
    assert status == 200
    ids = [own for one in found["drempelmeldingen"] for own in one["registratieIds"]]
    assert not any(own.startswith("drempel-") for own in ids)


@pytest.mark.parametrize("beside", [0, 1], ids=["the API's", "the operator's"])
def test_says_in_one_line_that_a_port_is_taken(
    running: Sandbox, tmp_path: Path, beside: int
) -> None:
    other = Sandbox(tmp_path / "other", running.port + beside).once()
    assert other.returncode == 1
    assert other.stderr.count("\n") == 1
    assert f"poort {running.port + beside} is bezet" in other.stderr


def test_offers_a_newcomer_a_call_to_paste(running: Sandbox) -> None:
    program("curl")
    wait_until(lambda: "Verder kijken" in running.printed, 30)
    start = running.printed.index("curl ")
    call = running.printed[start : running.printed.index("Verder kijken")]
    answer = subprocess.run(
        ["bash", "-c", call.replace("curl ", "curl -s -w '%{http_code}' ", 1)],
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    assert answer.stdout.endswith("202"), answer.stdout
    (sent,) = re.findall(r'"berichtId":"([^"]+)"', answer.stdout)
    wait_until(
        lambda: any(line["berichtId"] == sent for line in running.journals()["leerplicht-0361"]), 10
    )


def test_signs_the_fg_in_by_a_link_once_and_lays_the_next_one_ready(running: Sandbox) -> None:
    link = running.announcement["consoleSignIn"]
    wait_until(lambda: f"{link} (werkt één keer)" in running.printed, 30)
    with running.browser() as fg, running.browser() as other:
        assert "Het hele logboek" in fg.get(link).text
        assert other.get(link).status_code == 403
        wait_until(lambda: running.announcement["consoleSignIn"] != link, 30)
        assert "Het hele logboek" in other.get(running.announcement["consoleSignIn"]).text


def test_no_process_shows_a_secret_in_its_environment_or_on_its_command_line(
    running: Sandbox,
) -> None:
    secrets = secrets_of(running.folder)
    assert {"superuser", "link", "password of exchange_gateway", "las-noord.key:1"} < set(secrets)
    assert min(map(len, secrets.values())) >= 16
    shown = {}
    for name, pid in processes(running).items():
        with contextlib.suppress(FileNotFoundError):  # a session of the database that has ended
            shown[name] = found_in(shown_by(pid), secrets)
    kinds = {name.split()[0] for name in shown}
    assert {"sandbox", "postgres", "session", "serve", "work", "receive"} <= kinds
    assert {name: found for name, found in shown.items() if found} == {}


@pytest.mark.parametrize("how", ["environment", "command line", "address"])
def test_a_secret_that_a_process_shows_is_found(running: Sandbox, how: str) -> None:
    secrets = secrets_of(running.folder)
    planted, address = secrets["superuser"].decode(), running.announcement["databaseUrl"]
    words = {"environment": (), "command line": (planted,), "address": (address,)}[how]
    environment = {"PGPASSWORD": planted} if how == "environment" else {}
    command = (sys.executable, "-c", "print(flush=True); input()", *words)
    pipe = subprocess.PIPE
    with subprocess.Popen(command, env=environment, text=True, stdin=pipe, stdout=pipe) as process:
        assert process.stdout is not None
        process.stdout.readline()
        assert found_in(shown_by(process.pid), secrets) == {"superuser", "password of postgres"}
        process.communicate("\n")


@pytest.mark.parametrize("part", PARTS)
def test_starts_a_part_again_within_10_seconds_when_it_dies(running: Sandbox, part: str) -> None:
    dead = running.pid_of(part)
    assert dead is not None
    os.kill(dead, signal.SIGKILL)
    wait_until(lambda: running.pid_of(part) not in (None, dead) and running.is_ready(), 10)


def test_delivers_again_after_every_part_has_died(running: Sandbox) -> None:
    status, receipt = running.send(
        "after-it-all", ongeoorloofdeMinuten=200, criterium="ZORG_MENTOR"
    )
    assert status == 202
    wait_until(
        lambda: any(
            line["berichtId"] == receipt["berichtId"]
            for line in running.journals()["leerplicht-0361"]
        ),
        20,
    )


def test_leaves_no_part_behind_when_it_is_killed_and_goes_on_afterwards(running: Sandbox) -> None:
    running.end(signal.SIGKILL)
    wait_until(lambda: not running.parts(), 10)
    running.start()
    assert running.is_ready()
    lines = [line["berichtId"] for journal in running.journals().values() for line in journal]
    assert len(lines) == len(set(lines))


def test_stops_in_order_and_leaves_no_process(sandbox: Sandbox, running: Sandbox) -> None:
    wait_until(lambda: len(running.parts()) == 4, 10)
    postmaster = running.pid_of(POSTGRES)
    assert running.end(signal.SIGINT) == 0
    stopped = re.findall(r"(\S+) gestopt", running.printed)
    assert set(stopped[:2]) == {"leerplicht-0361", "leerplicht-0599"}
    assert stopped[2:] == ["workers", "gateway"]
    assert sandbox.parts() == []
    assert postmaster is not None
    assert not Path(f"/proc/{postmaster}/cwd").exists()
