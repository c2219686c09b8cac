"""A notice goes to https, and never into a private network."""

from __future__ import annotations

import pytest

from adapters.push.destination import is_public, push_target
from exchange.errors import Invalid


@pytest.mark.parametrize(
    "url",
    ["https://las.example.nl/push", "https://las.example.nl:8443/p?a=b", "https://192.0.2.1/"],
)
def test_takes_an_https_url(url: str) -> None:
    assert str(push_target(url)) == url


@pytest.mark.parametrize(
    "url",
    [
        "http://example.nl/",
        "ftp://example.nl/",
        "HTTPS//example.nl",
        "https://",
        "https:///pad",
        "//example.nl/",
        "example.nl",
        "",
        "https://naam@example.nl/",
        "https://naam:geheim@example.nl/",
        "https://example.nl@127.0.0.1/",
        "https://@127.0.0.1/",
        "https://example.nl:99999/",
        "https://exa mple.nl/",
        "https://example.nl\\@127.0.0.1/",
        "https://example.nl#@127.0.0.1/",
        "https://[::1",
        "https://[zz]/",
        "https://café.nl/",
        "https://example.nl/\n",
        "file:///etc/passwd",
        "https://[fe80::1%25eth0]/",
        "https://[::1%lo]/",
        "https://127.0.0.1%2f@example.nl/",
        "https://example.nl:443:80/",
        "https://example.nl:/ @127.0.0.1/",
        "https://example。nl/",
        "https://ⓔxample.nl/",
        "https://example.nl\t/",
        "https://example.nl/\r\nhost: x",
        "https://\u202eln.elpmaxe/",
        "https://exa\u00admple.nl/",
        "HTTPS://example.nl/",
    ],
)
def test_refuses_any_other_url_without_repeating_it(url: str) -> None:
    with pytest.raises(Invalid) as refused:
        push_target(url)
    assert "geheim" not in f"{refused.value!r}{refused.value.violations}"
    assert refused.value.__cause__ is None


@pytest.mark.parametrize("address", ["145.10.20.30", "8.8.8.8", "2a02:a450::1", "2606:4700::1111"])
def test_public_addresses(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.9.9.9",
        "0.0.0.0",  # noqa: S104  an address to refuse
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "192.0.2.1",
        "198.18.0.1",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "239.1.1.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "fe80::1",
        "fe80::1%eth0",
        "fc00::1",
        "fd12:3456::1",
        "ff02::1",
        "ff0e::1",
        "2001:db8::1",
        "::ffff:127.0.0.1",
        "::ffff:8.8.8.8",
        "2002:7f00:1::",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2",
        "64:ff9b::7f00:1",
        "64:ff9b::808:808",
        "64:ff9b:1::a00:1",
        "::7f00:1",
        "::127.0.0.1",
        "::ffff:0:7f00:1",
        "::ffff:169.254.169.254",
        "2002:a9fe:a9fe::1",
        "2001:0:a9fe:a9fe::1",
        "2001:20::1",
        "2001:30::1",
        "fd00:ec2::254",
        "fec0::1",
        "3fff::1",
        "5f00::1",
        "100::1",
        "4000::1",
        "169.254.170.2",
        "192.0.0.9",
        "192.0.0.170",
        "192.88.99.1",
        "0.1.2.3",
    ],
)
def test_addresses_that_are_not_public(address: str) -> None:
    assert not is_public(address)
