"""The shipped catalogues are right, and say what the manuals say."""

from pathlib import Path

import pytest

from core.catalogue.loader import SHIPPED, read_catalogue
from core.catalogue.model import Channel, Municipality
from tests.core.small_municipality import MONDAY, offer_of, starts

WEEKDAYS = ["mon", "tue", "wed", "thu", "fri"]
VIDEO, IN_PERSON = Channel.VIDEO, Channel.IN_PERSON


def names(body: Municipality) -> dict[str, list[str]]:
    """The services by group, in Greek."""
    return {
        group.name.in_language("el"): [service.name.in_language("el") for service in group.services]
        for group in body.groups
    }


def test_the_four_of_the_manuals_are_shipped(shipped: dict[str, Municipality]) -> None:
    assert {body.id: body.name.in_language("el") for body in shipped.values()} == {
        "chios": "Δήμος Χίου",
        "larissa": "Δήμος Λαρισαίων",
        "kalamata": "Δήμος Καλαμάτας",
        "kep": "ΚΕΠ – Κέντρα Εξυπηρέτησης Πολιτών",
    }


def test_chios_offers_what_its_manual_names(shipped: dict[str, Municipality]) -> None:
    offered = names(shipped["chios"])
    assert list(offered) == [
        "Κέντρο Κοινότητας",
        "Κέντρα Συμβουλευτικής Υποστήριξης Γυναικών",
        "Τμήμα Περιουσίας",
    ]
    assert offered["Κέντρο Κοινότητας"] == [
        "Αίτηση για επιδόματα ΟΠΕΚΑ - Αναπηρικά",
        "Πληροφόρηση για επιδόματα ΟΠΕΚΑ - Αναπηρικά",
    ]
    assert offered["Κέντρα Συμβουλευτικής Υποστήριξης Γυναικών"] == ["Εργασιακή συμβουλευτική"]
    assert shipped["chios"].contact.phone == "2271350004"
    assert shipped["chios"].contact.website == "http://chios.gov.gr/"


def test_kalamata_offers_what_its_manual_names(shipped: dict[str, Municipality]) -> None:
    assert names(shipped["kalamata"]) == {
        "Διεύθυνση Πρόνοιας – Τμήμα Κοινωνικής Αρωγής": [
            "Επίδομα Στέγασης",
            "Πρόγραμμα Ελάχιστο Εγγυημένο Εισόδημα (ΕΕΕ/ΚΕΑ)",
        ]
    }


def test_larissa_offers_two_and_eleven_services(shipped: dict[str, Municipality]) -> None:
    assert names(shipped["larissa"]) == {
        "Ληξιαρχείο - Δημοτολόγιο": [
            "Αίτηση για Σύμφωνο Συμβίωσης",
            "Αίτηση για Μεταδημότευση",
        ],
        "Οικονομικές Υπηρεσίες - Έσοδα": [
            "Αίτηση αλλαγής συντελεστή χρήσης ακινήτου (ΕΠΑΓΓΕΛΜΑΤΙΚΟΣ/ΟΙΚΙΑΚΟΣ)",
            "Αίτηση για διαχωρισμό παροχών",
            "Αίτηση για ηλεκτροδότηση εργοταξιακής παροχής",
            "Αίτηση για ηλεκτροδότηση κοινοχρήστου",
            "Αίτηση για ηλεκτροδότηση φωτοβολταϊκού",
            "Αίτηση για νέα παροχή",
            "Αίτηση για συνένωση παροχών",
            "Αίτηση για βεβαίωση περί μη οφειλής ΤΑΠ κτίσματος",
            "Αίτηση για βεβαίωση περί μη οφειλής ΤΑΠ οικοπέδου",
            "Αίτηση διόρθωσης τετραγωνικών μέτρων ακινήτων",
            "Αίτηση – Δήλωση μη ηλεκτροδοτούμενου",
        ],
    }


def test_kep_offers_four_fields_by_video_only(shipped: dict[str, Municipality]) -> None:
    kep = shipped["kep"]
    fields = [
        "Πληροφόρηση – Αίτηση",
        "Υπηρεσίες προς Επιχειρήσεις",
        "Εξυπηρέτηση Πολιτών με Αναπηρία",
        "Εξυπηρέτηση από το Δήμο σας",
    ]
    assert names(kep) == {field: [field] for field in fields}
    assert {service.channels for service in kep.services.values()} == {(VIDEO,)}
    assert kep.services["anapiria"].duration > kep.services["pliroforisi-aitisi"].duration


MANUAL_38 = """Αγίων Αναργύρων, Αμπελοκήπων Μενεμένης, Αργιθέας, Αργοστολίου, Άρτας,
Αρχαίας Ολυμπίας, Αχαρνών, Βάρης – Βούλας – Βουλιαγμένης, Βριλησίων, Δάφνης – Υμηττού,
Διονύσου, Δράμας, Ελληνικού,
Ευρώτα, Ζακύνθου, Ζωγράφου, Ηρακλείου Κρήτης, Ιλίου, Καβάλας, Καλλιθέας, Κηφισιάς, Κιλκίς,
Κορδελιού – Ευόσμου, Κορυδαλλού, Μεγίστης, Ναυπλιέων, Νεάπολης – Συκεών, Νέας Σμύρνης,
Ξυλοκάστρου, Παλαιού Φαλήρου, Πυλαίας – Χορτιάτη, Ρόδου, Τρικκαίων, Φιλοθέης – Ψυχικού,
Χαλκιδαίων, Χανίων, Χίου, Ωρωπού"""


def test_the_fourth_field_is_served_by_the_38_keps_of_the_manual(
    shipped: dict[str, Municipality],
) -> None:
    kep = shipped["kep"]
    towns = [town.strip() for town in MANUAL_38.replace("\n", " ").split(",")]
    assert len(towns) == 38
    branches = [branch.name.in_language("el") for branch in kep.branches_of("dimos")]
    assert branches == [f"ΚΕΠ Δήμου {town}" for town in towns]
    for service in ("pliroforisi-aitisi", "epicheiriseis", "anapiria"):
        assert len(kep.branches_of(service)) == 1


@pytest.mark.parametrize(
    ("town", "service", "minutes", "grid"),
    [
        (
            "chios",
            "ergasiaki-symvouleftiki",
            50,
            "09:00 09:30 10:00 10:30 11:00 11:30 12:00",
        ),
        ("kalamata", "epidoma-stegasis", 30, "12:30 13:10 13:50"),
        ("kalamata", "eee", 30, "12:30 13:10 13:50"),
        (
            "larissa",
            "symfono-symviosis",
            15,
            "08:00 08:30 09:00 09:30 10:00 10:30 11:00 11:30 12:00 12:30 13:00 13:30",
        ),
        (
            "larissa",
            "nea-parochi",
            15,
            "08:00 08:30 09:00 09:30 10:00 10:30 11:00 11:30 12:00 12:30 13:00 13:30",
        ),
    ],
)
def test_the_times_are_those_of_the_manuals(
    shipped: dict[str, Municipality], town: str, service: str, minutes: int, grid: str
) -> None:
    body = shipped[town]
    branch = body.branches_of(service)[0]
    one = body.model_copy(update={"branches": (branch,)})
    assert body.services[service].duration == minutes
    for channel in body.services[service].channels:
        assert starts(offer_of(one, service, channel), MONDAY) == grid


@pytest.mark.parametrize(
    ("town", "service", "channels"),
    [
        ("chios", "opeka-aitisi", (IN_PERSON,)),
        ("chios", "opeka-pliroforisi", (IN_PERSON,)),
        ("chios", "ergasiaki-symvouleftiki", (VIDEO, IN_PERSON)),
        ("chios", "misthosi-akiniton", (IN_PERSON, Channel.PHONE)),
        ("kalamata", "epidoma-stegasis", (IN_PERSON,)),
        ("kalamata", "eee", (IN_PERSON,)),
        ("larissa", "symfono-symviosis", (VIDEO, IN_PERSON)),
        ("larissa", "mi-ilektrodotoumeno", (VIDEO, IN_PERSON)),
    ],
)
def test_the_channels_are_those_of_the_manuals(
    shipped: dict[str, Municipality], town: str, service: str, channels: tuple[Channel, ...]
) -> None:
    body = shipped[town]
    assert body.services[service].channels == channels
    for branch in body.branches_of(service):
        assert body.channels_of(body.services[service], branch) == list(channels)


@pytest.mark.parametrize(
    ("town", "service", "asked"),
    [
        ("larissa", "nea-parochi", "name email phone notes?"),
        ("kalamata", "epidoma-stegasis", "name email phone tax_number"),
        (
            "chios",
            "ergasiaki-symvouleftiki",
            "name email address? phone special_needs? notes? third_person? third_email?",
        ),
        (
            "chios",
            "opeka-aitisi",
            "name email? address? phone special_needs? notes? third_person? third_email?",
        ),
        (
            "kep",
            "dimos",
            "name email phone address nationality identity_card passport residence_permit "
            "subject receipt interpreter notes?",
        ),
    ],
)
def test_the_forms_ask_what_the_manuals_ask_in_their_order(
    shipped: dict[str, Municipality], town: str, service: str, asked: str
) -> None:
    body = shipped[town]
    fields = body.fields_of(body.services[service])
    assert " ".join(f"{field.id}{'' if field.required else '?'}" for field in fields) == asked


def test_kalamata_asks_about_the_housing_benefit_first(shipped: dict[str, Municipality]) -> None:
    first, second = shipped["kalamata"].services["epidoma-stegasis"].screening
    assert first.when == {}
    assert second.when == {"receives": "yes"}
    stops = {option.id: option.stop for option in second.options}
    assert stops["confirmed"] is None
    assert stops["not_confirmed"] is not None
    assert stops["not_confirmed"].link == "https://www.epidomastegasis.gr"
    assert "«Εγκεκριμένη (Σε μήνα λήξης ισχύος)» ή «Ακυρωμένη»" in second.text.in_language("el")
    assert shipped["kalamata"].services["eee"].screening == ()


@pytest.mark.parametrize(
    ("town", "service", "channel", "consent", "withdrawable"),
    [
        ("larissa", "nea-parochi", "video", None, False),
        ("kalamata", "eee", "in_person", "details", True),
        ("chios", "ergasiaki-symvouleftiki", "video", "video", False),
        ("chios", "ergasiaki-symvouleftiki", "in_person", "details", False),
        ("kep", "dimos", "video", "video", False),
    ],
)
def test_consent_is_asked_where_the_manual_asks_it(
    shipped: dict[str, Municipality],
    town: str,
    service: str,
    channel: str,
    consent: str | None,
    withdrawable: bool,
) -> None:
    body = shipped[town]
    found = body.consent_of(body.services[service], channel)
    assert (found.id if found else None) == consent
    assert bool(found and found.withdrawable) is withdrawable
    assert not found or found.text.in_language("el").startswith("Δείγμα κειμένου:")


def test_every_service_can_be_had_somewhere_over_each_of_its_channels(
    shipped: dict[str, Municipality],
) -> None:
    for body in shipped.values():
        for service in body.services.values():
            for channel in service.channels:
                assert body.branches_of(service.id, channel), (body.id, service.id, channel)


def test_weekday_mornings_only(shipped: dict[str, Municipality]) -> None:
    days = {
        day
        for body in shipped.values()
        for branch in body.branches
        for desk in branch.desks
        for opening in desk.openings
        for day in opening.days
    }
    assert days == set(WEEKDAYS)


@pytest.mark.parametrize("file", sorted(SHIPPED.glob("*.yaml")), ids=lambda file: file.stem)
def test_the_comments_of_a_catalogue_name_its_own_commands(file: Path) -> None:
    assert f"catalogue load core/catalogue/data/{file.name}" in file.read_text()
    assert read_catalogue(file).id == file.stem
