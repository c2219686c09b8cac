"""The server's settings: durable, reachable by socket alone, and silent about every value."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from exchange.storage.embedded.home import Home

INCLUDED = "verzuim-exchange.conf"
PORT = 5432

_DEFAULTS = {
    # Durable: an answered 2xx is on disk.
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    # Reachable only through the socket, by whoever knows the password.
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "password_encryption": "scram-sha-256",  # pragma: allowlist secret
    # Modest: this shares a laptop with everything else.
    "cluster_name": "verzuim-exchange",
    "max_connections": "60",
    "max_locks_per_transaction": "512",  # a delivery locks each vestiging that it is about
    "shared_buffers": "64MB",
    "max_wal_size": "256MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # Silent. An error's own text can carry a value (`invalid input syntax for type integer: "..."`)
    # and so can its DETAIL and the statement, so the log starts above ERROR: what the server says
    # about itself (LOG, FATAL, PANIC), each in one line without detail.
    "log_destination": "stderr",
    "logging_collector": "off",
    "log_min_messages": "log",
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "log_statement": "none",
    "log_duration": "off",
    "log_min_duration_statement": "-1",
    "log_min_duration_sample": "-1",
    "log_transaction_sample_rate": "0",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_checkpoints": "off",
    "log_lock_waits": "off",
}

_HBA = "local all all scram-sha-256\n"


def write_settings(home: Home, socket_folder: Path, settings: Mapping[str, str]) -> None:
    """Write both files again before each start, so that a new release's choices take effect."""
    chosen = {**_DEFAULTS, "unix_socket_directories": str(socket_folder), **settings}
    home.account.write(home.data / INCLUDED, settings_text(chosen))
    home.account.write(home.data / "pg_hba.conf", _HBA)


def settings_text(settings: Mapping[str, str]) -> str:
    """Give the lines of a configuration file; within quotes only two characters need care."""
    return "".join(
        f"{name} = '{value.replace(chr(92), chr(92) * 2).replace(chr(39), chr(39) * 2)}'\n"
        for name, value in settings.items()
    )
