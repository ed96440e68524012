"""Text messages about an appointment: each is one part in capitals, whatever the names."""

import re
from datetime import timedelta

import pytest

from bot.i18n.translator import Translator
from bot.platforms.sms.gsm import count_parts, fold
from bot.views.text_message import one_part
from bot.views.text_samples import long_names
from core.catalogue.model import Channel, Municipality
from core.db.models import Booking
from core.i18n import LANGUAGES
from core.messaging.keys import MessageKind
from dialogs.messages.text_message import WORDINGS
from tests.conftest import Deployment


def bookings(deployment: Deployment, municipality: str) -> list[Booking]:
    """Return one booking of each service, branch and channel of a municipality."""
    body = deployment.services.registry[municipality].body
    start = deployment.clock() + timedelta(days=2)
    return [
        Booking(
            municipality_id=municipality,
            service=service,
            branch=branch.id,
            channel=channel,
            starts_at=start,
            ends_at=start + timedelta(minutes=30),
            code="KX7M2P",
            timezone="Europe/Athens",
        )
        for branch in body.branches[:3]
        for service in body.services
        for channel in Channel
    ]


@pytest.mark.parametrize("municipality", ["kalamata", "chios", "larissa", "kep"])
def test_each_text_is_one_part_in_capitals(
    deployment: Deployment, texts: Translator, municipality: str
) -> None:
    loaded = deployment.services.registry[municipality]
    said = [
        one_part(texts, loaded, kind, booking, language)
        for booking in bookings(deployment, municipality)
        for kind in WORDINGS
        for language in LANGUAGES
    ]
    assert len(said) > 20
    assert [each for each in said if count_parts(fold(each)) != 1] == []
    assert [each for each in map(fold, said) if "?" in each] == []


@pytest.mark.parametrize(
    ("kind", "language", "text"),
    [
        (
            MessageKind.CONFIRMED,
            "el",
            "Το ραντεβού σας κλείστηκε: Τετ 2/12 09:00, Επίδομα Στέγασης, Τμήμα Κοινωνικής "
            "Αρωγής, Καλαμάτα. Κωδικός: KX7 M2P. Για αλλαγές: 2721000000",
        ),
        (
            MessageKind.CANCELLED,
            "en",
            "Your appointment was cancelled: Wed 2/12 09:00, Housing Benefit. "
            "Telephone of the office: 2721000000",
        ),
    ],
)
def test_a_text_says_when_what_where_and_whom_to_call(
    deployment: Deployment, texts: Translator, kind: MessageKind, language: str, text: str
) -> None:
    loaded = deployment.services.registry["kalamata"]
    booking = next(
        each for each in bookings(deployment, "kalamata") if each.channel == Channel.IN_PERSON
    )
    assert one_part(texts, loaded, kind, booking, language) == text


@pytest.mark.parametrize(
    ("link", "text"),
    [
        (
            "https://kalamata.gr/a/abcdefghijklmnop",
            "Το ραντεβού σας κλείστηκε: Τετ 2/12 09:00, Επίδομα Στέγασης, Τμήμα Κοινωνικής. "
            "Κωδικός: KX7 M2P. Για αλλαγές: 2721000000 https://kalamata.gr/a/abcdefghijklmnop",
        ),
        (
            "https://appointments-of-all.kalamata.gr/a/abcdefghijklmnop",
            "Το ραντεβού σας κλείστηκε: Τετ 2/12 09:00, Επίδομα Στέγασης, Τμήμα Κοινωνικής "
            "Αρωγής, Καλαμάτα. Κωδικός: KX7 M2P. Για αλλαγές: 2721000000",
        ),
    ],
)
def test_a_text_has_a_link_where_that_fits_into_the_one_part(
    deployment: Deployment, texts: Translator, link: str, text: str
) -> None:
    loaded, booking = deployment.services.registry["kalamata"], bookings(deployment, "kalamata")[0]
    said = one_part(texts, loaded, MessageKind.CONFIRMED, booking, "el", link)
    assert (said, count_parts(fold(said))) == (text, 1)


def test_the_time_of_a_call_abroad_names_its_zone(
    deployment: Deployment, texts: Translator
) -> None:
    loaded = deployment.services.registry["kalamata"]
    said = {}
    for booking in bookings(deployment, "kalamata"):
        booking.timezone = "Europe/Berlin"
        said[booking.channel] = one_part(texts, loaded, MessageKind.CONFIRMED, booking, "el")
    assert {channel: "08:00 (Βερολίνο)" in text for channel, text in said.items()} == {
        "in_person": False,
        "video": True,
        "phone": True,
    }
    assert "09:00" in said["in_person"]
    assert {count_parts(fold(each)) for each in said.values()} == {1}


def test_services_whose_confirmation_takes_two_parts_are_named(
    shipped: dict[str, Municipality], texts: Translator
) -> None:
    assert [each for body in shipped.values() for each in long_names(texts, body)] == []
    document = re.sub(r'"short":{[^}]*},?', "", shipped["larissa"].model_dump_json())
    named = dict(long_names(texts, Municipality.model_validate_json(document)))
    assert named["allagi-syntelesti"] == "esoda"
    assert named["metadimotefsi"] == "lixiarcheio"  # in English only
