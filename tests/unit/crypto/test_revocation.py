"""A revocation list counts when it is whole, signed by its issuer and not outdated."""

from __future__ import annotations

from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA224
from cryptography.x509.oid import ObjectIdentifier

from exchange.crypto.chain import Authorities, Chain, follow
from exchange.crypto.pki import (
    Credential,
    Validity,
    make_authority,
    make_client,
    make_crl,
    make_intermediate,
)
from exchange.crypto.revocation import RevocationLists
from exchange.errors import Code, Refused
from tests.unit.crypto.issuing import FUTURE, NOW, OIN, PAST, VALID, crl, der, issue, usage

ROOT = make_authority("Stam", VALID, path_length=1)
BETWEEN = make_intermediate(ROOT, "Tussen", VALID)
CLIENT = make_client(BETWEEN, OIN, "Gemeente", "client", VALID)
OTHER = make_client(BETWEEN, OIN, "Gemeente", "other", VALID)
OF_ROOT = make_crl(ROOT, [], VALID)
HTTP = [x509.UniformResourceIdentifier("http://crl.example/tussen.crl")]


def chain_of(leaf: Credential, *between: Credential) -> Chain:
    known = Authorities.read(ROOT.certificate)
    return follow(der(leaf), [der(one) for one in between], known, NOW)


CHAIN = chain_of(CLIENT, BETWEEN)


def why(*lists: bytes, chain: Chain = CHAIN) -> str | None:
    """Give the rule by which the chain is refused, or None."""
    try:
        RevocationLists.read(b"\n".join(lists)).require_standing(chain, NOW)
    except Refused as refused:
        if refused.code is not Code.NIET_AANGEMELD:
            raise
        return refused.facts["rule"]
    return None


def test_who_is_on_no_list_stands() -> None:
    assert why(OF_ROOT, make_crl(BETWEEN, [OTHER.certificate], VALID)) is None


def test_who_is_listed_is_refused_and_so_is_whom_a_listed_ca_issued() -> None:
    assert why(OF_ROOT, make_crl(BETWEEN, [CLIENT.certificate], VALID)) == "certificaat-ingetrokken"
    of_root = make_crl(ROOT, [BETWEEN.certificate], VALID)
    assert why(of_root, make_crl(BETWEEN, [], VALID)) == "certificaat-ingetrokken"


def test_a_serial_number_is_revoked_by_its_own_issuer_alone() -> None:
    of_root = make_crl(ROOT, [CLIENT.certificate], VALID)
    assert why(of_root, make_crl(BETWEEN, [], VALID)) is None


@pytest.mark.parametrize("missing", ["root", "between"])
def test_without_a_list_of_every_issuer_nobody_stands(missing: str) -> None:
    there = OF_ROOT if missing == "between" else make_crl(BETWEEN, [], VALID)
    assert why(there) == "intrekkingslijst-ontbreekt"


@pytest.mark.parametrize("validity", [PAST, FUTURE], ids=["expired", "of tomorrow"])
def test_a_list_that_does_not_hold_now_counts_as_none(validity: Validity) -> None:
    assert why(OF_ROOT, make_crl(BETWEEN, [], validity)) == "intrekkingslijst-ontbreekt"
    lists = RevocationLists.read(OF_ROOT + make_crl(BETWEEN, [], validity))
    assert not lists.are_current(NOW)


def test_a_list_holds_until_its_last_second() -> None:
    lists = RevocationLists.read(OF_ROOT + make_crl(BETWEEN, [], VALID))
    for moment in (VALID.not_before, VALID.not_after):
        lists.require_standing(CHAIN, moment)
        assert lists.are_current(moment)
    with pytest.raises(Refused):
        lists.require_standing(CHAIN, VALID.not_after + timedelta(seconds=1))


def test_an_old_list_beside_the_new_one_does_no_harm_and_forgives_nobody() -> None:
    new, old = make_crl(BETWEEN, [], VALID, 2), make_crl(BETWEEN, [OTHER.certificate], PAST)
    assert why(OF_ROOT, old, new) is None
    assert RevocationLists.read(OF_ROOT + old + new).are_current(NOW)
    revoking = make_crl(BETWEEN, [CLIENT.certificate], PAST)
    assert why(OF_ROOT, revoking, new) == "certificaat-ingetrokken"


def test_a_list_of_somebody_with_the_same_name_counts_as_none() -> None:
    impostor = make_intermediate(ROOT, "Tussen", VALID)
    assert why(OF_ROOT, make_crl(impostor, [], VALID)) == "intrekkingslijst-ontbreekt"


def test_an_authority_that_may_not_sign_lists_has_none() -> None:
    basic = (x509.BasicConstraints(ca=True, path_length=0), True)
    for allowed, expected in ((False, "intrekkingslijst-ontbreekt"), (True, None)):
        between = issue(ROOT, basic, (usage(key_cert_sign=True, crl_sign=allowed), True))
        chain = chain_of(issue(between), between)
        assert why(OF_ROOT, crl(between), chain=chain) == expected


def scope(**changes: object) -> tuple[x509.ExtensionType, bool]:
    """Give the extension that says what a list is about."""
    all_of_it: dict[str, object] = {
        "full_name": None,
        "relative_name": None,
        "only_contains_user_certs": False,
        "only_contains_ca_certs": False,
        "only_some_reasons": None,
        "indirect_crl": False,
        "only_contains_attribute_certs": False,
    }
    return x509.IssuingDistributionPoint(**(all_of_it | changes)), True  # type: ignore[arg-type]


def test_a_list_of_clients_is_about_clients_and_one_of_cas_is_not() -> None:
    for_clients = scope(only_contains_user_certs=True)
    for_authorities = scope(only_contains_ca_certs=True)
    assert why(OF_ROOT, crl(BETWEEN, for_clients)) is None
    assert why(OF_ROOT, crl(BETWEEN, for_authorities)) == "intrekkingslijst-ontbreekt"
    assert why(crl(ROOT, for_authorities), crl(BETWEEN)) is None
    assert why(crl(ROOT, for_clients), crl(BETWEEN)) == "intrekkingslijst-ontbreekt"


def test_a_list_of_one_address_is_about_who_names_that_address() -> None:
    point = x509.DistributionPoint(HTTP, None, None, None)
    naming = issue(BETWEEN, (x509.CRLDistributionPoints([point]), False))
    of_address = crl(BETWEEN, scope(full_name=HTTP))
    assert why(OF_ROOT, of_address, chain=chain_of(naming, BETWEEN)) is None
    assert why(OF_ROOT, of_address) == "intrekkingslijst-ontbreekt"


def _indirect(entry: x509.RevokedCertificateBuilder) -> x509.RevokedCertificateBuilder:
    issuer = x509.load_pem_x509_certificate(ROOT.certificate).subject
    value = x509.CertificateIssuer([x509.DirectoryName(issuer)])
    return entry.add_extension(value, critical=True)


_UNKNOWN = x509.UnrecognizedExtension(ObjectIdentifier("1.3.6.1.4.1.99999.1"), b"\x05\x00")


@pytest.mark.parametrize(
    ("pem", "said"),
    [
        (crl(BETWEEN, (x509.DeltaCRLIndicator(1), True)), "delta"),
        (crl(BETWEEN, scope(indirect_crl=True)), "indirecte"),
        (crl(BETWEEN, revoked=[CLIENT.certificate], change=_indirect), "indirecte"),
        (
            crl(BETWEEN, scope(only_some_reasons=frozenset({x509.ReasonFlags.key_compromise}))),
            "onvolledige",
        ),
        (crl(BETWEEN, scope(only_contains_attribute_certs=True)), "onvolledige"),
        (crl(BETWEEN, (_UNKNOWN, True)), "kritiek"),
        (crl(BETWEEN, algorithm=SHA224()), "verouderde"),
        (b"", "geen intrekkingslijst"),
        (OF_ROOT + OF_ROOT.replace(b"-----BEGIN", b"----BEGIN"), "geen intrekkingslijst"),
        (OF_ROOT + OF_ROOT.replace(b"BEGIN", b"begin"), "geen intrekkingslijst"),
        (CLIENT.certificate, "geen intrekkingslijst"),
        (OF_ROOT[:-40], "geen intrekkingslijst"),
        (OF_ROOT + OF_ROOT[:-40], "geen intrekkingslijst"),
    ],
)
def test_a_file_by_which_we_cannot_judge_says_why(pem: bytes, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        RevocationLists.read(pem)


def test_what_is_not_critical_may_be_unknown() -> None:
    assert why(OF_ROOT, crl(BETWEEN, (_UNKNOWN, False))) is None
