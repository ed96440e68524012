"""Messages as blocks, and their plain form."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.i18n.translator import Translator
from core.catalogue.model import Municipality
from core.catalogue.registry import LoadedMunicipality
from core.db.models import Booking, TimeOffer
from core.messaging.keys import MessageKind
from dialogs.messages.appointment import (
    FORGET_IN_CALENDAR,
    about_office,
    about_service,
    appointment_facts,
    attendee_facts,
    contact_facts,
    full_details,
    useful_links,
)
from dialogs.messages.blocks import (
    Actions,
    Attachment,
    Block,
    Facts,
    Message,
    Place,
    message,
    to_text,
)
from dialogs.messages.notification import notification_message
from dialogs.messages.time_offer import Offered, offer_message
from dialogs.nlu.fields import dialled_number

START = datetime(2026, 12, 3, 10, 30, tzinfo=UTC)
EARLY = START - timedelta(days=3)
ATHENS = ZoneInfo("Europe/Athens")
MELBOURNE = ZoneInfo("Australia/Melbourne")

Shipped = dict[str, Municipality]


def plain(texts: Translator, said: Message | Sequence[Block], language: str = "en") -> list[str]:
    whole = said if isinstance(said, Message) else message(*said)
    return texts.say(to_text(whole), language).split("\n")


def loaded(body: Municipality) -> LoadedMunicipality:
    return LoadedMunicipality("", body, {}, datetime(2026, 11, 30, tzinfo=UTC))


def booking(service: str, branch: str, channel: str, **details: str) -> Booking:
    return Booking(
        id=7,
        code="KX7M2P",
        service=service,
        branch=branch,
        channel=channel,
        state="confirmed",
        starts_at=START,
        ends_at=START + timedelta(minutes=30),
        details=details,
    )


HOUSING = booking("epidoma-stegasis", "koinoniki-arogi", "in_person")
BY_PHONE = booking("misthosi-akiniton", "periousia", "phone", phone="+306912345678")
BY_VIDEO = booking("ergasiaki-symvouleftiki", "kentro-gynaikon", "video", email="m@example.gr")

HOUSING_TEXT = [
    "Code: KX7 M2P",
    "Municipality of Kalamata, Housing Benefit",
    "Thursday 3 December 2026, 12:30–13:00 (time of Athens)",
    "In person",
    "Social Assistance Department",
    "Address: Social Assistance Department, Kalamata",
]


def test_an_appointment_in_person_is_facts_and_a_place(texts: Translator, shipped: Shipped) -> None:
    found = appointment_facts(loaded(shipped["kalamata"]), HOUSING, ATHENS)
    assert [type(block) for block in found] == [Facts, Place]
    assert isinstance(found[1], Place)
    assert (found[1].latitude, found[1].longitude) == (37.0389, 22.1142)
    assert plain(texts, found) == HOUSING_TEXT


def test_an_appointment_by_phone_says_whom_we_call(texts: Translator, shipped: Shipped) -> None:
    assert plain(texts, appointment_facts(loaded(shipped["chios"]), BY_PHONE, MELBOURNE)) == [
        "Code: KX7 M2P",
        "Municipality of Chios, "
        + shipped["chios"].services["misthosi-akiniton"].name.in_language("en"),
        "Thursday 3 December 2026, 21:30–22:00 (time of Melbourne)",
        "that is Thursday 3 December 2026, 12:30–13:00 in Athens",
        "By telephone",
        "We will call you at the number that ends in 78.",
    ]


@pytest.mark.parametrize(
    ("hours_before", "to_do"),
    [
        (
            72,
            [
                "Keep the code: with it and your phone number you can move or cancel from any "
                "chat.",
                "You can do so until Wednesday 2 December, 12:30 (time of Athens).",
            ],
        ),
        (23, ["If you can't make it, please tell the office."]),
    ],
)
def test_the_full_details_end_with_what_to_do_and_whom_to_call(
    texts: Translator, shipped: Shipped, hours_before: int, to_do: list[str]
) -> None:
    body = shipped["kalamata"]
    rules = body.rules.model_copy(update={"change_deadline_hours": 24})
    body = body.model_copy(update={"rules": rules})
    service = body.services["epidoma-stegasis"]
    now = START - timedelta(hours=hours_before)
    assert plain(texts, full_details(loaded(body), HOUSING, ATHENS, now)) == [
        *HOUSING_TEXT,
        "Please have with you:",
        *(f"• {document.in_language('en')}" for document in service.documents),
        *(
            text.in_language("en")
            for channel, text in service.instructions.items()
            if channel == "in_person"
        ),
        *to_do,
        "Telephone of the office: 2721000000",
    ]


def test_a_video_call_comes_with_tips(texts: Translator, shipped: Shipped) -> None:
    said = plain(texts, full_details(loaded(shipped["chios"]), BY_VIDEO, ATHENS, EARLY))
    assert "The office will send the link for the call to m…@example.gr." in said
    tips = said.index("For a good video call:")
    assert said[tips + 1] == "• Choose a quiet place with a good internet connection."


def test_a_service_is_described_with_its_documents_and_links(
    texts: Translator, shipped: Shipped
) -> None:
    service = shipped["kalamata"].services["epidoma-stegasis"]
    said = plain(texts, about_service(service, "in_person"))
    assert said[0] == "Housing Benefit"
    assert "It takes 30 minutes." in said
    assert said.count("Please have with you:") == 1
    assert said[-len(service.links) :] == [
        f"• {li.label.in_language('en')}: {li.url}" for li in service.links
    ]


CONTACT = [
    "Τηλέφωνο: 2721000000",
    "Email: info@kalamata.example",
    "Διεύθυνση: Δημαρχείο, Καλαμάτα",
    "Ωράριο: Δευτέρα έως Παρασκευή, 08:00–14:30",
    "https://www.kalamata.gr",
]

LINKS = [
    "• Ιστότοπος του Δήμου: https://www.kalamata.gr",
    "• Πλατφόρμα myDimosLive: https://mydimoslive.gov.gr",
]


def test_contact_and_links_of_an_office(texts: Translator, shipped: Shipped) -> None:
    body = shipped["kalamata"]
    assert plain(texts, contact_facts(body.contact), "el") == CONTACT
    assert plain(texts, useful_links(body.links, "Σύνδεσμοι:"), "el") == ["Σύνδεσμοι:", *LINKS]
    assert plain(texts, about_office(body), "el") == ["Δήμος Καλαμάτας", *LINKS, *CONTACT]


def test_the_attendees_details_leave_out_what_was_skipped(
    texts: Translator, shipped: Shipped
) -> None:
    body = shipped["kalamata"]
    fields = body.fields_of(body.services["epidoma-stegasis"])
    details = {"name": "Maria", "phone": "+306912345678", "email": ""}
    labels = {field.id: field.label.in_language("en") for field in fields}
    assert plain(texts, attendee_facts(fields, details)) == [
        f"{labels['name']}: Maria",
        f"{labels['phone']}: 691 234 5678",
    ]
    assert attendee_facts(fields, {}) == []


@pytest.mark.parametrize(
    ("kind", "to_attendee", "first", "brief"),
    [
        (
            MessageKind.REMINDER,
            False,
            "A reminder of your appointment:",
            "A reminder of your appointment: ",
        ),
        (
            MessageKind.CONFIRMED,
            True,
            "Your appointment is booked.",
            "Your appointment is booked: ",
        ),
        (MessageKind.MOVED, True, "Your appointment was moved.", "Your appointment was moved: "),
        (
            MessageKind.EDITED,
            True,
            "The details of your appointment were changed.",
            "The details of your appointment were changed: ",
        ),
        (
            MessageKind.MOVED_BY_OFFICE,
            True,
            "The office moved your appointment:",
            "The office moved your appointment: ",
        ),
        (
            MessageKind.EDITED_BY_OFFICE,
            True,
            "The office changed the details of your appointment:",
            "The office changed the details of your appointment: ",
        ),
    ],
)
def test_a_notification_has_a_brief_form(
    texts: Translator,
    shipped: Shipped,
    kind: MessageKind,
    to_attendee: bool,
    first: str,
    brief: str,
) -> None:
    body = loaded(shipped["kalamata"])
    said = notification_message(body, kind, HOUSING, ATHENS, EARLY, to_attendee=to_attendee)
    assert said
    assert said.booking == HOUSING.id
    assert said.brief
    assert plain(texts, said)[:7] == [first, *HOUSING_TEXT]
    whole = texts.say(said.brief, "en")
    assert whole == f"{brief}Thu 3 Dec 12:30, Housing Benefit. Code: KX7 M2P."


@pytest.mark.parametrize(
    ("channel", "zone", "until"),
    [
        ("in_person", ATHENS, "Tuesday 1 December, 14:32."),
        ("in_person", MELBOURNE, "Tuesday 1 December, 14:32 (time of Athens)."),
        ("video", MELBOURNE, "Tuesday 1 December, 23:32 (time of Melbourne)."),
    ],
)
def test_until_when_a_time_is_held_has_its_zone_where_there_are_two(
    texts: Translator, shipped: Shipped, channel: str, zone: ZoneInfo, until: str
) -> None:
    given = HOUSING.service, HOUSING.branch, channel
    booked, hold = booking(*given), booking(*given)
    ends = datetime(2026, 12, 1, 12, 32, tzinfo=UTC)
    offered = Offered(TimeOffer(id=1, state="made", expires_at=ends), hold, None)
    kind = MessageKind.TIME_OFFERED
    said = offer_message(loaded(shipped["kalamata"]), kind, booked, offered, zone, EARLY)
    assert said
    assert said.brief
    assert f"It is held until {until}" in plain(texts, said)
    assert texts.say(said.brief, "en").endswith(f"held until {until}")


def test_a_cancellation_message_offers_nothing_but_to_remove_it_from_the_calendar(
    texts: Translator, shipped: Shipped
) -> None:
    body = loaded(shipped["kalamata"])
    said = notification_message(
        body, MessageKind.CANCELLED, HOUSING, ATHENS, EARLY, to_attendee=True
    )
    assert said
    assert said.booking == HOUSING.id
    assert [each for each in said.blocks if isinstance(each, Actions | Attachment)] == [
        FORGET_IN_CALENDAR
    ]
    assert plain(texts, said) == [
        "Your appointment was cancelled: Thu 3 Dec 12:30, Housing Benefit.",
        "Telephone of the office: 2721000000",
    ]


@pytest.mark.parametrize(
    ("written", "dialled"),
    [
        ("2271350004", "+302271350004"),
        ("27213 60700", "+302721360700"),
        ("+61 412 345 678", "+61412345678"),
        ("1500", "1500"),
    ],
)
def test_a_dialled_number_works_from_abroad(written: str, dialled: str) -> None:
    assert dialled_number(written) == dialled
