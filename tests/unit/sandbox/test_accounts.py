"""What the screen says about each role follows from the receipts and nothing else."""

from __future__ import annotations

from typing import Any

from exchange.sandbox.screen.accounts import accounts_of

Lists = list[Any]


def stream(rol: str, **lists: Lists) -> dict[str, Any]:
    kinds = ("doorgegeven", "gegeneraliseerd", "afgeleid", "route", "ingehouden")
    empty: dict[str, Any] = {kind: [] for kind in kinds}
    return {"rol": rol, "ontvanger": f"oin-{rol}", "status": "opgenomen", **empty, **lists}


def receipt(*streams: dict[str, Any]) -> dict[str, Any]:
    return {"stromen": list(streams)}


KEPT_BACK: dict[str, Lists] = {
    "ingehouden": [{"veld": "pgn", "grond": "nooit"}, {"veld": "plicht", "grond": "nooit"}]
}


def test_adds_up_the_fields_of_all_receipts_in_the_order_in_which_they_came() -> None:
    first = receipt(stream("leerplicht", doorgegeven=["pgn", "venster"], route=["woongemeente"]))
    second = receipt(stream("leerplicht", doorgegeven=["pgn", "vervangt"]))
    (account,) = accounts_of([first, second])
    assert account.passed_on == ("pgn", "venster", "vervangt")
    assert account.route == ("woongemeente",)
    assert account.recipients == {"oin-leerplicht": 2}


def test_groups_what_is_withheld_by_its_ground() -> None:
    (account,) = accounts_of([receipt(stream("ocw", **KEPT_BACK))])
    assert account.withheld == {"nooit": ("pgn", "plicht")}


def test_joins_roles_that_are_treated_alike_and_no_others() -> None:
    accounts = accounts_of(
        [
            receipt(
                stream("leerplicht", doorgegeven=["pgn"]),
                stream("college", afgeleid=["venster"], **KEPT_BACK),
                stream("swv", afgeleid=["venster"], **KEPT_BACK),
                stream("ocw", afgeleid=["venster", "vestigingscode"], **KEPT_BACK),
            )
        ]
    )
    assert [account.roles for account in accounts] == [
        ("leerplicht",),
        ("college", "swv"),
        ("ocw",),
    ]


def test_says_nothing_about_a_role_that_no_receipt_names() -> None:
    assert accounts_of([receipt(stream("swv", afgeleid=["venster"]))])[0].roles == ("swv",)
