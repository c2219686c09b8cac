"""A socket that the service manager hands over is taken by whom it is meant for, and no other."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from exchange.bootstrap import sockets

_US = os.getpid()


@pytest.fixture
def handed_over(tmp_path: Path) -> Iterator[dict[str, str]]:
    """A listening socket among descriptors that are counted from 3 on, as the manager counts."""
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "s"))
        listening.listen()
        count = listening.fileno() - 2
        yield {"LISTEN_PID": str(_US), "LISTEN_FDS": str(count)}


def test_the_socket_at_the_path_is_taken(tmp_path: Path, handed_over: dict[str, str]) -> None:
    found = sockets.inherited(tmp_path / "s", handed_over, _US)
    assert found is not None
    with found:
        assert found.getsockname() == str(tmp_path / "s")


def test_one_for_another_path_is_not(tmp_path: Path, handed_over: dict[str, str]) -> None:
    assert sockets.inherited(tmp_path / "other", handed_over, _US) is None


@pytest.mark.parametrize(
    "changes", [{"LISTEN_PID": "1"}, {"LISTEN_PID": ""}, {"LISTEN_FDS": "x"}, {"LISTEN_FDS": ""}]
)
def test_what_is_meant_for_another_process_is_left_alone(
    tmp_path: Path, handed_over: dict[str, str], changes: dict[str, str]
) -> None:
    assert sockets.inherited(tmp_path / "s", {**handed_over, **changes}, _US) is None


def test_without_a_service_manager_there_is_none(tmp_path: Path) -> None:
    assert sockets.inherited(tmp_path / "s", {}, _US) is None


def test_what_is_no_socket_is_not_copied(tmp_path: Path, handed_over: dict[str, str]) -> None:
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    given = {**handed_over, "LISTEN_FDS": str(max(reading, writing) - 2)}
    assert sockets.inherited(tmp_path / "other", given, _US) is None
    os.close(writing)
    assert os.read(reading, 1) == b""  # nobody else has its other end
    os.close(reading)
