"""What the Containerfile puts in the image is enough to run, closed in, and nothing more (C44).

There is no container engine here, so its steps are replayed: the files that it copies build the
wheel, what it installs is shown beside it, and the result serves in a root of its own that holds no
shell and cannot be written, under the image's user. Fetching base image and packages is not done.
"""

from __future__ import annotations

import json
import re
import shutil
import zipfile
from pathlib import Path

import pytest

from tests.deploy.container import USER, Container
from tests.deploy.prefix import ONLY_TO_BUILD, ROOT, build_wheel, required

IMAGE = ROOT / "deploy" / "image"


def steps() -> list[tuple[str, str]]:
    """Read the Containerfile: each instruction and what it says."""
    text = (IMAGE / "Containerfile").read_text("utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in lines)]


def said(word: str) -> list[str]:
    """Give what every instruction of one kind says, in order."""
    return [rest for instruction, rest in steps() if instruction == word]


def copied() -> list[str]:
    """Name what goes from the repository into the build."""
    return [name for rest in said("COPY") if "--from" not in rest for name in rest.split()[:-1]]


@pytest.fixture(scope="module")
def contents(wheel: Path) -> set[str]:
    """Every file in the wheel."""
    with zipfile.ZipFile(wheel) as archive:
        return {name for name in archive.namelist() if not name.endswith("/")}


@pytest.mark.parametrize("package", ["exchange", "adapters", "schemas"])
def test_every_file_of_the_product_is_in_the_wheel(contents: set[str], package: str) -> None:
    here = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert len(here) > 10
    assert here == {name for name in contents if name.startswith(f"{package}/")}


def test_the_wheel_has_what_no_module_imports(contents: set[str]) -> None:
    kinds = {Path(name).suffix for name in contents}
    assert {".json", ".toml", ".html", ".css", ".js"} <= kinds
    assert any("/migrations/versions/" in name for name in contents)


def test_the_wheel_has_nothing_else(contents: set[str]) -> None:
    tops = {name.partition("/")[0] for name in contents}
    assert {top for top in tops if not top.endswith(".dist-info")} == {
        "exchange",
        "adapters",
        "schemas",
    }
    assert not [name for name in contents if name.endswith((".key", ".pem", ".pyc"))]


def test_what_the_image_copies_builds_the_same_wheel(tmp_path: Path, contents: set[str]) -> None:
    for name in copied():
        source, target = ROOT / name, tmp_path / "build" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    with zipfile.ZipFile(build_wheel(tmp_path / "dist", tmp_path / "build")) as archive:
        assert {name for name in archive.namelist() if not name.endswith("/")} == contents


def test_only_what_is_copied_may_go_to_the_build() -> None:
    lines = (IMAGE / "Containerfile.dockerignore").read_text("utf-8").splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "**"
    assert {rule.removeprefix("!") for rule in rules if rule.startswith("!")} == {*copied()}


def test_every_package_is_installed_by_its_hash() -> None:
    runs = [json.loads(rest) for rest in said("RUN")]
    installs = [run for run in runs if "install" in run and "pip" in run]
    assert [("--require-hashes" in run, "--no-deps" in run) for run in installs] == [
        (True, False),
        (False, True),
    ]
    text = (ROOT / "requirements" / "run.txt").read_text("utf-8")
    blocks = re.split(r"\n(?=[a-z0-9])", text.partition("\n\n")[2] or text)
    pinned = [block for block in blocks if "==" in block.splitlines()[0]]
    assert len(pinned) > 40
    assert all("--hash=sha256:" in block for block in pinned)


def test_what_only_builds_is_taken_out_again() -> None:
    removed = {
        name
        for run in map(json.loads, said("RUN"))
        if "uninstall" in run
        for name in run[run.index("--yes") + 1 :]
    }
    assert removed == ONLY_TO_BUILD | {"pip", "setuptools"}
    assert required() >= ONLY_TO_BUILD


def test_the_image_runs_as_a_number_that_is_nobody_and_asks_no_shell() -> None:
    assert said("USER") == [f"{USER}:{USER}"]
    for word in ("RUN", "ENTRYPOINT", "CMD"):
        assert said(word)
        assert all(isinstance(json.loads(rest), list) for rest in said(word))
    (health,) = said("HEALTHCHECK")
    assert isinstance(json.loads(health.partition("CMD ")[2]), list)
    last = [word for word, _ in steps()]
    assert last.index("USER") > max(i for i, word in enumerate(last) if word in {"RUN", "COPY"})
    assert not [rest for rest in said("ENV") + said("ARG") if re.search(r"(?i)secret|passw", rest)]


# --- the same contents, running ---


def test_the_installed_wheel_serves_the_api_and_the_pages(container: Container) -> None:
    assert container.site.ask("/v1/openapi.json")[0] == 200
    assert container.site.ask("/v1/noodzaak")[0] == 200
    status, page = container.site.ask("/console/aanmelden")
    assert status == 200
    style = re.search(r'href="(/console/[^"]+\.css[^"]*)"', page)
    assert style
    assert container.site.ask(style[1])[0] == 200


def test_it_runs_without_a_shell_or_rights_or_a_place_to_write(container: Container) -> None:
    for process in container._running:
        inner = Path(f"/proc/{container.inner_pid(process)}")
        status = dict(
            line.split(":", 1) for line in (inner / "status").read_text("utf-8").splitlines()
        )
        assert set(status["Uid"].split()) == {str(USER)}
        assert set(status["Gid"].split()) == {str(USER)}
        assert status["CapEff"].strip() == "0" * 16
        assert status["NoNewPrivs"].strip() == "1"
        assert not [name for name in ("bin", "usr/bin", "sbin") if (inner / "root" / name).exists()]
        mounts = [line.split() for line in (inner / "mountinfo").read_text("utf-8").splitlines()]
        writable = {fields[4] for fields in mounts if "rw" in fields[5].split(",")}
        devices = {"/dev/null", "/dev/urandom", "/proc"}
        given = {"/tmp", "/var/lib/verzuim-exchange", "/run/verzuim-exchange/edge"}  # noqa: S108
        assert writable == devices | given


def test_the_image_says_itself_whether_it_is_well(container: Container) -> None:
    (health,) = said("HEALTHCHECK")
    check = json.loads(health.partition("CMD ")[2])
    (port,) = re.findall(r"127\.0\.0\.1:(\d+)/readyz", check[-1])
    assert f"EXCHANGE_OPERATOR_LISTEN=127.0.0.1:{port}" in " ".join(said("ENV"))
    ours = [part.replace(port, str(container.site.operator_port)) for part in check]
    assert container.run("gateway", *ours).returncode == 0
    nobody = [part.replace(port, "1") for part in check]
    assert container.run("gateway", *nobody).returncode != 0
