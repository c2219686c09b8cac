"""A client certificate is followed to a CA of ours, or refused; nothing else can be trusted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA224
from cryptography.x509.oid import ExtendedKeyUsageOID, ObjectIdentifier

from exchange.crypto.chain import Authorities, follow
from exchange.crypto.pki import (
    Credential,
    make_authority,
    make_client,
    make_intermediate,
    make_server,
)
from exchange.errors import Code, Refused
from tests.unit.crypto.issuing import FUTURE, NOW, OIN, PAST, VALID, der, issue, usage

ROOT = make_authority("Stam", VALID, path_length=1)
BETWEEN = make_intermediate(ROOT, "Tussen", VALID)
CLIENT = make_client(BETWEEN, OIN, "Gemeente", "client", VALID)
KNOWN = Authorities.read(ROOT.certificate)


def length(leaf: Credential, *offered: Credential, known: Authorities = KNOWN) -> int | None:
    """Give how long the chain is, or None when there is none."""
    try:
        return len(follow(der(leaf), [der(one) for one in offered], known, NOW))
    except Refused as refused:
        if refused.code is not Code.NIET_AANGEMELD:
            raise
        return None


def test_a_chain_may_go_over_a_ca_that_is_known_or_was_offered() -> None:
    assert length(CLIENT) is None
    assert length(CLIENT, BETWEEN) == 3
    assert length(CLIENT, known=Authorities.read(BETWEEN.certificate + ROOT.certificate)) == 3
    assert length(make_client(ROOT, OIN, "Gemeente", "client", VALID)) == 2


def test_what_is_offered_is_never_trusted() -> None:
    own = make_authority("Stam", VALID, path_length=1)
    assert length(make_client(own, OIN, "Gemeente", "client", VALID), own) is None
    assert length(CLIENT, BETWEEN, own) == 3


def test_a_self_signed_client_is_nobody() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    assert length(issue(Credential(CLIENT.certificate, CLIENT.key), key=key)) is None


@pytest.mark.parametrize("validity", [PAST, FUTURE], ids=["past", "future"])
def test_every_certificate_of_a_chain_holds_now(validity: object) -> None:
    assert validity in {PAST, FUTURE}
    stale = make_intermediate(ROOT, "Tussen", PAST if validity is PAST else FUTURE)
    assert length(make_client(stale, OIN, "Gemeente", "client", VALID), stale) is None
    root = make_authority("Oud", PAST if validity is PAST else FUTURE)
    client = make_client(root, OIN, "Gemeente", "client", VALID)
    assert length(client, known=Authorities.read(root.certificate)) is None


def test_a_chain_that_held_yesterday_does_not_hold_for_ever() -> None:
    moments = (VALID.not_before, VALID.not_after)
    for moment in moments:
        assert len(follow(der(CLIENT), [der(BETWEEN)], KNOWN, moment)) == 3
    for moment in (moments[0] - timedelta(seconds=1), moments[1] + timedelta(seconds=1)):
        with pytest.raises(Refused):
            follow(der(CLIENT), [der(BETWEEN)], KNOWN, moment)


def test_a_ca_issues_no_more_cas_than_its_path_length_says() -> None:
    leaves_only = make_authority("Kort", VALID, path_length=0)
    between = make_intermediate(leaves_only, "Tussen", VALID)
    client = make_client(between, OIN, "Gemeente", "client", VALID)
    assert length(client, between, known=Authorities.read(leaves_only.certificate)) is None


def test_a_client_issues_nobody() -> None:
    assert length(make_client(CLIENT, OIN, "Gemeente", "client", VALID), CLIENT, BETWEEN) is None


@pytest.mark.parametrize("who", ["server", "ca", "root"])
def test_who_is_no_client_is_refused(who: str) -> None:
    made = {"server": make_server(BETWEEN, VALID), "ca": BETWEEN, "root": ROOT}[who]
    assert length(made, BETWEEN) is None


_FOR_CLIENTS = (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), False)
_UNKNOWN = x509.UnrecognizedExtension(ObjectIdentifier("1.3.6.1.4.1.99999.1"), b"\x05\x00")


@pytest.mark.parametrize(
    ("extensions", "trusted"),
    [
        ((), True),
        ((_FOR_CLIENTS,), True),
        (((usage(digital_signature=True), True),), True),
        (((usage(key_encipherment=True), True),), False),
        (((usage(key_encipherment=True), False),), False),
        (((x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), False),), False),
        (((x509.BasicConstraints(ca=True, path_length=None), True),), False),
        (((_UNKNOWN, False),), True),
        (((_UNKNOWN, True),), False),
    ],
)
def test_what_a_certificate_may_be_used_for_counts(
    extensions: tuple[tuple[x509.ExtensionType, bool], ...], trusted: bool
) -> None:
    assert (length(issue(BETWEEN, *extensions), BETWEEN) == 3) is trusted


def test_an_authority_for_servers_makes_no_clients() -> None:
    basic = (x509.BasicConstraints(ca=True, path_length=0), True)
    sign = (usage(key_cert_sign=True), True)
    for purpose, trusted in (
        (ExtendedKeyUsageOID.SERVER_AUTH, False),
        (ExtendedKeyUsageOID.CLIENT_AUTH, True),
    ):
        between = issue(ROOT, basic, sign, (x509.ExtendedKeyUsage([purpose]), False))
        assert (length(issue(between), between) == 3) is trusted
    no_signer = issue(ROOT, basic, (usage(digital_signature=True), True))
    assert length(issue(no_signer), no_signer) is None


@pytest.mark.parametrize(
    "make",
    [
        lambda: rsa.generate_private_key(65537, 1024),  # noqa: S505  the point
        lambda: ec.generate_private_key(ec.SECP192R1()),
        lambda: ec.generate_private_key(ec.SECP256K1()),
    ],
    ids=["rsa-1024", "p-192", "k1"],
)
def test_a_key_of_yesterday_is_refused(make: Callable[[], rsa.RSAPrivateKey]) -> None:
    assert length(issue(BETWEEN, key=make()), BETWEEN) is None


def test_keys_and_curves_of_today_are_believed() -> None:
    for key in (rsa.generate_private_key(65537, 2048), ec.generate_private_key(ec.SECP384R1())):
        assert length(issue(BETWEEN, key=key), BETWEEN) == 3


def test_a_signature_over_less_than_sha_256_is_refused() -> None:
    assert length(issue(BETWEEN, algorithm=SHA224()), BETWEEN) is None


def test_a_broken_certificate_is_refused_whatever_is_wrong_with_it() -> None:
    good = der(CLIENT)
    for spoiled in (b"", b"\x30", good[:-1], good + b"\x00", b"\x00" * 400):
        with pytest.raises(Refused):
            follow(spoiled, [der(BETWEEN)], KNOWN, NOW)
        with pytest.raises(Refused):
            follow(good, [spoiled], KNOWN, NOW)


@pytest.mark.parametrize(
    ("pem", "said"),
    [
        (b"", "PEM"),
        (b"not a certificate", "PEM"),
        (ROOT.key, "PEM"),
        (ROOT.certificate[:-30], "PEM"),
        (ROOT.certificate + ROOT.certificate[:-30], "PEM"),
        (ROOT.certificate + CLIENT.certificate, "niet van een CA"),
        (BETWEEN.certificate, "geen stamcertificaat"),
        (ROOT.certificate.replace(b"MII", b"MIA", 1), "CA"),
    ],
)
def test_a_file_that_is_no_list_of_authorities_says_why(pem: bytes, said: str) -> None:
    with pytest.raises(ValueError, match=said if said != "PEM" else "CA-certificaten"):
        Authorities.read(pem)


def test_text_between_certificates_is_left_alone() -> None:
    noted = b"# Stam\n" + ROOT.certificate + b"\n# Tussen\n" + BETWEEN.certificate
    assert length(CLIENT, known=Authorities.read(noted)) == 3
