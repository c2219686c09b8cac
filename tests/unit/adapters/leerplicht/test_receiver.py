"""What waits is journalled once and then acknowledged, whatever fails in between."""

from __future__ import annotations

import threading
from collections.abc import Callable
from time import monotonic, sleep

import httpx
import pytest

from adapters.keys.memory import MemoryKeyProvider
from adapters.leerplicht.events import ReceiverEvent
from adapters.leerplicht.keyfile import KeyFile
from adapters.leerplicht.receiver import Receiver
from exchange.errors import Refused, Unavailable
from exchange.messages.identifiers import Oin
from tests.unit.adapters.identity.loopback import OIN
from tests.unit.adapters.leerplicht.conftest import Office
from tests.unit.adapters.leerplicht.gateway import (
    CONTENTS,
    PGN,
    SimulatedGateway,
    on,
    problem,
)

OTHER = Oin("00000099000005990000")


@pytest.mark.parametrize("soort", CONTENTS)
def test_a_message_is_journalled_and_acknowledged(
    receiver: Receiver, gateway: SimulatedGateway, office: Office, soort: str
) -> None:
    bericht_id = gateway.put(soort)
    assert receiver.run_once() == 1
    (line,) = office.lines()
    assert list(line) == ["berichtId", "soort", "ontvangenOp", "inhoud"]
    assert line["berichtId"] == str(bericht_id)
    assert line["soort"] == soort
    assert line["inhoud"] == {"berichtId": str(bericht_id), "soort": soort, **CONTENTS[soort]}
    assert line["ontvangenOp"].endswith("Z")
    assert gateway.messages[bericht_id].status == "bevestigd"
    assert receiver.run_once() == 0


def test_the_line_is_on_disk_before_the_gateway_hears_of_it(
    receiver: Receiver, gateway: SimulatedGateway, office: Office
) -> None:
    seen = []

    def fault(request: httpx.Request) -> None:
        if request.method == "POST":
            seen.append(office.ids())

    gateway.fault = fault
    bericht_id = gateway.put()
    receiver.run_once()
    assert seen == [[str(bericht_id)]]


def test_a_full_mailbox_is_read_page_by_page_in_its_order(
    receiver: Receiver, gateway: SimulatedGateway, office: Office
) -> None:
    ids = [str(gateway.put()) for _ in range(7)]
    assert receiver.run_once() == 7
    assert office.ids() == ids
    assert gateway.statuses() == {"bevestigd"}


def test_optional_members_may_be_there_or_not(
    receiver: Receiver, gateway: SimulatedGateway, office: Office
) -> None:
    earlier = str(gateway.put())
    gateway.put(vervangt=earlier)
    gateway.put("verzuimmelding", vervangt=earlier, einddatum="2026-11-01")
    assert receiver.run_once() == 3
    assert len(office.lines()) == 3


STEPS: dict[str, tuple[str, str]] = {
    "register": ("PUT", "/sleutel"),
    "keys": ("GET", "/sleutels"),
    "list": ("GET", "/berichten"),
    "download": ("GET", ""),
    "acknowledge": ("POST", "/bevestigingen"),
}


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize(
    "failure",
    [
        httpx.ConnectError("weg"),
        httpx.ReadTimeout("traag"),
        httpx.RemoteProtocolError("stuk"),
        problem(503, "dienst-onbeschikbaar"),
        problem(429, "te-veel-verzoeken"),
        httpx.Response(502, text="<html>proxy</html>"),
    ],
    ids=lambda f: type(f).__name__ if isinstance(f, Exception) else str(f.status_code),
)
def test_a_failure_at_any_step_loses_and_doubles_nothing(
    receiver: Receiver,
    gateway: SimulatedGateway,
    office: Office,
    step: str,
    failure: httpx.Response | Exception,
) -> None:
    ids = {str(gateway.put()) for _ in range(3)}
    receiver = office.start()
    method, ending = STEPS[step]
    at = ending or f"/berichten/{min(ids)}"
    gateway.fault = on(method, at, failure)
    with pytest.raises(Unavailable):
        receiver.run_once()
    receiver.run_once()
    assert sorted(office.ids()) == sorted(ids)
    assert gateway.statuses() == {"bevestigd"}


@pytest.mark.parametrize("arrived", [True, False], ids=["answer-lost", "question-lost"])
def test_a_crash_between_journal_and_acknowledgement_leads_to_one_line(
    receiver: Receiver, gateway: SimulatedGateway, office: Office, *, arrived: bool
) -> None:
    class Crash(BaseException):
        pass

    bericht_id = gateway.put()

    def fault(request: httpx.Request) -> None:
        if request.method == "POST":
            gateway.fault = None
            if arrived:
                gateway.handle(request)
            raise Crash

    gateway.fault = fault
    with pytest.raises(Crash):
        receiver.run_once()
    again = office.start()
    assert again.run_once() == (0 if arrived else 1)
    assert office.ids() == [str(bericht_id)]
    assert gateway.statuses() == {"bevestigd"}
    assert gateway.count("GET", str(bericht_id)) == 1


def test_a_gateway_that_forgot_the_download_is_asked_once_more(
    receiver: Receiver, gateway: SimulatedGateway, office: Office
) -> None:
    bericht_id = gateway.put()
    receiver.run_once()
    restored = gateway.messages[bericht_id]
    restored.status, restored.fetched = "nieuw", False
    assert receiver.run_once() == 1
    assert office.ids() == [str(bericht_id)]
    assert gateway.statuses() == {"bevestigd"}


def flip(token: str, part: int) -> str:
    parts = token.split(".")
    middle = len(parts[part]) // 2
    swapped = "A" if parts[part][middle] != "A" else "B"
    parts[part] = parts[part][:middle] + swapped + parts[part][middle + 1 :]
    return ".".join(parts)


def spoiled(gateway: SimulatedGateway, how: str) -> None:
    """Put a message in the mailbox that may not be believed."""
    bericht_id = gateway.put()
    content = {"berichtId": str(bericht_id), "soort": "signaal", **CONTENTS["signaal"]}
    sealed = gateway.sealed
    other = "01890a5d-ac96-774b-bcce-b302099a8057"
    tokens: dict[str, Callable[[], str]] = {
        "rubbish": lambda: "geen JWE",
        "empty": lambda: "",
        "flipped": lambda: flip(gateway.messages[bericht_id].token, 3),
        "tag": lambda: flip(gateway.messages[bericht_id].token, 4),
        "another-gateway": lambda: sealed(bericht_id, content, keys=MemoryKeyProvider()),
        "another-recipient": lambda: sealed(bericht_id, content, recipient=OTHER),
        "another-rid": lambda: sealed(next(iter(gateway.messages)), content),
        "another-id": lambda: sealed(bericht_id, {**content, "berichtId": other}),
        "no-id": lambda: sealed(bericht_id, {k: v for k, v in content.items() if k != "berichtId"}),
        "another-soort": lambda: sealed(bericht_id, {**content, "soort": "verzuimmelding"}),
        "member-too-many": lambda: sealed(bericht_id, {**content, "plicht": "leerplichtig"}),
        "member-too-few": lambda: sealed(
            bericht_id, {k: v for k, v in content.items() if k != "criterium"}
        ),
        "einddatum-in-signaal": lambda: sealed(bericht_id, {**content, "einddatum": "2026-11-01"}),
    }
    gateway.messages[bericht_id].token = tokens[how]()


@pytest.mark.parametrize(
    ("how", "rule"),
    [
        ("rubbish", "header"),
        ("empty", "header"),
        ("flipped", "decryption"),
        ("tag", "decryption"),
        ("another-gateway", "signature"),
        ("another-recipient", "recipient"),
        ("another-rid", "bericht-id"),
        ("another-id", "bericht-id"),
        ("no-id", "bericht-id"),
        ("another-soort", "soort"),
        ("member-too-many", "members"),
        ("member-too-few", "members"),
        ("einddatum-in-signaal", "members"),
    ],
)
def test_what_cannot_be_believed_is_left_and_the_rest_goes_on(
    receiver: Receiver, gateway: SimulatedGateway, office: Office, how: str, rule: str
) -> None:
    before = gateway.put()
    spoiled(gateway, how)
    after = gateway.put()
    assert receiver.run_once() == 2
    assert office.ids() == [str(before), str(after)]
    assert gateway.statuses() == {"nieuw", "bevestigd"}
    assert office.rules() == [rule]
    assert PGN not in str(office.told)
    downloads = gateway.count("GET")
    assert receiver.run_once() == 0
    assert gateway.count("GET") == downloads + 1  # the list alone
    assert office.rules() == [rule]


def test_a_kind_that_nobody_knows_is_left(
    receiver: Receiver, gateway: SimulatedGateway, office: Office
) -> None:
    bericht_id = gateway.put()
    content = {"berichtId": str(bericht_id), "soort": "iets-nieuws"}
    gateway.put_sealed(bericht_id, "iets-nieuws", gateway.sealed(bericht_id, content))
    assert receiver.run_once() == 0
    assert office.rules() == ["members"]
    assert office.lines() == []


def test_a_message_that_was_left_is_tried_again_after_a_rest(
    receiver: Receiver, gateway: SimulatedGateway, office: Office
) -> None:
    now = 0.0
    receiver._aside._now = lambda: now
    bericht_id = gateway.put()
    good = gateway.messages[bericht_id].token
    gateway.messages[bericht_id].token = flip(good, 3)
    for now, tries in ((0, 1), (1.9, 1), (2.1, 2), (9.9, 2), (10.2, 3)):  # noqa: B007  read by the clock
        assert receiver.run_once() == 0
        assert len(office.rules()) == tries
    gateway.messages[bericht_id].token = good
    now = 1000
    assert receiver.run_once() == 1
    assert office.ids() == [str(bericht_id)]


def test_a_message_sealed_to_another_key_is_left(
    receiver: Receiver, gateway: SimulatedGateway, office: Office
) -> None:
    gateway.put()
    office.crash()
    office.settings.private_key.unlink()
    assert office.start().run_once() == 0
    assert office.rules() == ["key"]
    assert gateway.statuses() == {"nieuw"}


def test_after_a_rotation_old_and_new_messages_are_read(
    receiver: Receiver, gateway: SimulatedGateway, office: Office
) -> None:
    gateway.put()
    KeyFile.load_or_create(office.settings.private_key).rotated()
    again = office.start()
    again.run_once()
    gateway.put()
    again.run_once()
    assert len({jwk["kid"] for jwk in gateway.registered}) == 2
    assert gateway.statuses() == {"bevestigd"}


def test_a_receiver_that_runs_opens_what_is_sealed_to_a_key_made_beside_it(
    receiver: Receiver, gateway: SimulatedGateway, office: Office
) -> None:
    gateway.put()
    rotated = KeyFile.load(office.settings.private_key).rotated()
    gateway.registered.append(rotated.current.public_jwk)
    gateway.put()
    assert receiver.run_once() == 2
    assert len(office.lines()) == 2


@pytest.mark.parametrize("replaced", ["ca", "cert", "key"])
def test_a_replaced_certificate_is_shown_without_a_restart(
    receiver: Receiver, gateway: SimulatedGateway, office: Office, replaced: str
) -> None:
    path = getattr(office.settings, replaced)
    registered = len(gateway.registered)
    gateway.put()
    draft = office.folder / "draft"
    draft.write_bytes(path.read_bytes())
    draft.replace(path)
    assert receiver.run_once() == 1
    assert len(gateway.registered) == registered + 1, "a new connection begins as the first did"
    assert receiver.run_once() == 0
    assert len(gateway.registered) == registered + 1


def test_half_of_a_pair_stops_nothing_for_good(
    receiver: Receiver, gateway: SimulatedGateway, office: Office
) -> None:
    whole = office.settings.key.read_bytes()
    office.settings.key.write_bytes(b"half\n")
    gateway.put()
    with pytest.raises(Unavailable):
        receiver.run_once()
    office.settings.key.write_bytes(whole)
    assert receiver.run_once() == 1


def test_a_new_key_of_the_gateway_is_fetched_when_a_message_needs_it(
    receiver: Receiver, gateway: SimulatedGateway, office: Office
) -> None:
    gateway.keys = MemoryKeyProvider()
    gateway.put()
    assert receiver.run_once() == 1
    assert len(office.lines()) == 1


@pytest.mark.parametrize("status", ["ingetrokken", "vervallen"])
def test_what_is_withdrawn_between_list_and_download_holds_up_nothing(
    receiver: Receiver, gateway: SimulatedGateway, office: Office, status: str
) -> None:
    first, second = gateway.put(), gateway.put()

    def fault(request: httpx.Request) -> None:
        if request.url.path.endswith(str(first)):
            gateway.messages[first].status = status

    gateway.fault = fault
    assert receiver.run_once() == 1
    assert office.ids() == [str(second)]
    assert office.rules() == [status]


def test_what_is_withdrawn_before_the_acknowledgement_stays_in_the_journal(
    receiver: Receiver, gateway: SimulatedGateway, office: Office
) -> None:
    first = gateway.put()

    def fault(request: httpx.Request) -> None:
        if request.method == "POST":
            gateway.messages[first].status = "ingetrokken"

    gateway.fault = fault
    assert receiver.run_once() == 0
    gateway.fault = None
    withdrawal = gateway.put("intrekking", betreft=str(first))
    assert receiver.run_once() == 1
    assert office.ids() == [str(first), str(withdrawal)]


@pytest.mark.parametrize("step", ["download", "acknowledge"])
def test_one_message_that_breaks_the_gateway_holds_up_nothing(
    receiver: Receiver, gateway: SimulatedGateway, office: Office, step: str
) -> None:
    first, second = gateway.put(), gateway.put()
    method, ending = {"download": ("GET", ""), "acknowledge": ("POST", "/bevestigingen")}[step]
    gateway.fault = on(method, f"{first}{ending}", problem(500, "interne-fout"), times=99)
    assert receiver.run_once() == 1
    assert gateway.messages[second].status == "bevestigd"
    assert office.rules() == ["interne-fout"]


@pytest.mark.parametrize(("status", "code"), [(401, "niet-aangemeld"), (403, "geen-mandaat")])
def test_a_no_that_concerns_the_receiver_itself_stops_the_look(
    receiver: Receiver, gateway: SimulatedGateway, office: Office, status: int, code: str
) -> None:
    first = gateway.put()
    gateway.put()
    gateway.fault = on("GET", str(first), problem(status, code))
    with pytest.raises(Refused, match=code):
        receiver.run_once()
    assert receiver.run_once() == 2


@pytest.mark.parametrize(
    "page",
    [
        "geen json",
        "[]",
        "{}",
        '{"berichten": {}}',
        '{"berichten": [1]}',
        '{"berichten": [{"berichtId": "x", "soort": "signaal"}]}',
        '{"berichten": [{"berichtId": 1, "soort": "signaal"}]}',
        '{"berichten": [{"soort": "signaal"}]}',
        '{"berichten": [], "_links": {"next": 1}}',
        '{"berichten": [], "_links": {"next": {"href": "https://elders.example/v1/berichten?x"}}}',
        '{"berichten": [], "_links": {"next": {"href": "//elders.example/v1/berichten?x"}}}',
        '{"berichten": [], "_links": {"next": {"href": "/v1/anders?cursor=1"}}}',
    ],
)
def test_a_list_that_makes_no_sense_is_not_followed(
    receiver: Receiver, gateway: SimulatedGateway, page: str
) -> None:
    gateway.fault = on("GET", "/berichten", httpx.Response(200, text=page))
    calls = len(gateway.calls)
    with pytest.raises(Unavailable):
        receiver.run_once()
    assert len(gateway.calls) == calls + 1


def test_a_list_that_leads_back_to_itself_ends(
    receiver: Receiver, gateway: SimulatedGateway
) -> None:
    link = {"next": {"href": "/v1/berichten?cursor=1"}}
    answer = httpx.Response(200, json={"berichten": [], "_links": link})
    gateway.fault = on("GET", "/berichten", answer, times=99)
    with pytest.raises(Unavailable):
        receiver.run_once()
    assert gateway.count("GET", "/berichten") <= 4


def test_every_call_says_on_whose_behalf(receiver: Receiver, gateway: SimulatedGateway) -> None:
    gateway.put()
    receiver.run_once()
    asked = [
        q
        for q, (_, path) in zip(gateway.queries, gateway.calls, strict=True)
        if not path.endswith("/sleutels")
    ]
    assert {query.get("namens") for query in asked} == {str(OIN)}


def test_a_restart_registers_the_same_key(
    receiver: Receiver, gateway: SimulatedGateway, office: Office
) -> None:
    office.start().run_once()
    assert len(gateway.registered) == 2
    assert gateway.registered[0] == gateway.registered[1]
    assert "d" not in gateway.registered[0]


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = monotonic() + 10
    while not condition():
        assert monotonic() < deadline
        sleep(0.005)


def test_it_runs_through_an_outage_and_stops_when_told(
    office: Office, gateway: SimulatedGateway
) -> None:
    gateway.fault = on("PUT", "/sleutel", httpx.ConnectError("weg"), times=2)
    receiver, stop = office.start(), threading.Event()
    thread = threading.Thread(target=receiver.run, args=(stop,))
    thread.start()
    wait_until(lambda: len(office.told) == 3)
    gateway.put()
    wait_until(lambda: gateway.statuses() == {"bevestigd"})
    gateway.fault = on("GET", "/berichten", ValueError("een fout van onszelf"), times=2)
    wait_until(lambda: len(office.told) == 6)
    stop.set()
    thread.join(5)
    assert not thread.is_alive()
    assert [event for event, _ in office.told] == [
        ReceiverEvent.RECEIVING_FAILED,
        ReceiverEvent.KEY_REGISTERED,
        ReceiverEvent.RECEIVING_RESUMED,
        ReceiverEvent.MESSAGE_RECEIVED,
        ReceiverEvent.RECEIVING_FAILED,
        ReceiverEvent.RECEIVING_RESUMED,
    ]
    assert office.told[0][1] == {"error": "dienst-onbeschikbaar", "reason": "ConnectError"}
    assert office.told[4][1] == {"error": "ValueError", "reason": ""}


def test_it_stops_between_two_messages(
    receiver: Receiver, gateway: SimulatedGateway, office: Office
) -> None:
    stop = threading.Event()

    def fault(request: httpx.Request) -> None:
        if request.method == "POST":
            stop.set()

    gateway.fault = fault
    for _ in range(3):
        gateway.put()
    assert receiver.run_once(stop) == 1
    assert len(office.lines()) == 1


def test_files_that_cannot_be_used_are_named_at_once(office: Office) -> None:
    office.settings.journal.parent.mkdir()
    office.settings = type(office.settings)(
        **{
            **{name: getattr(office.settings, name) for name in office.settings.__slots__},
            "cert": office.folder / "none.pem",
        }
    )
    with pytest.raises(Unavailable) as refused:
        office.start()
    assert "none.pem" in refused.value.facts["herstel"]
