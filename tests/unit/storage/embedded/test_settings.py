"""The text of the server's settings file."""

from exchange.storage.embedded.settings import settings_text


def test_one_line_for_each_setting() -> None:
    assert settings_text({"fsync": "on", "port": "5432"}) == "fsync = 'on'\nport = '5432'\n"


def test_a_quote_or_backslash_stays_within_its_value() -> None:
    assert settings_text({"name": "a'b\\c"}) == "name = 'a''b\\\\c'\n"
