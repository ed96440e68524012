"""`rantevou sms preview`: the texts of an appointment, with their parts."""

import re

from tests.bot.cli.test_staff import Technician, technician  # noqa: F401 a fixture here too
from tests.conftest import mostly_on

# ruff: noqa: F811 the fixtures


@mostly_on("sqlite")
def test_every_text_of_an_appointment_is_printed_with_its_parts(technician: Technician) -> None:
    printed = technician("sms", "preview", "kalamata").stdout
    one_way, by_text, in_english = re.split(r"(?m)^e[ln]  booked by text message, ", printed)
    # One more where the month ends today.
    count = r"[78] answers: [78] in gsm, \d+ in unicode\n    1: "
    assert re.match(f"{count}PANTEBOY ME SMS", by_text)
    assert "    1: TO PANTEBOY ΣAΣ KΛEIΣTHKE: " in by_text
    assert re.match(f"{count}Appointments. Help: ", in_english)
    lines = one_way.splitlines()
    assert len(lines) == 22  # five texts in each language, and what all take
    assert "el  confirmed: 1 in gsm, 3 in unicode" in lines
    assert [each for each in lines if "all:" in each] == [
        "el  all: 5 in gsm, 13 in unicode",
        "en  all: 5 in gsm, 5 in unicode",
    ]
    assert sum("KX7 M2P" in each for each in lines) == 8
    public = {"public_url": "https://r.my-town.gr"}
    linked = technician("sms", "preview", "kalamata", settings=public).stdout.splitlines()
    assert sum("https://r.my-town.gr/a/" in each for each in linked) == 8, "all but a cancellation"
    assert "el  confirmed: 1 in gsm, 3 in unicode; names shortened" in linked


@mostly_on("sqlite")
def test_a_service_or_municipality_that_is_not_there_is_named(technician: Technician) -> None:
    wrong = technician("sms", "preview", "kalamata", "--service", "fishing", code=1).stderr
    assert wrong.startswith("fishing: no service of that id; there are: ")
    assert "no such municipality" in technician("sms", "preview", "atlantis", code=1).stderr


@mostly_on("sqlite")
def test_what_the_texts_cost_is_said_by_sender(technician: Technician) -> None:
    account = {"kind": "yuboto", "from": "Kalamata", "key": "12345678", "price": "0.045"}
    own = {f"sms__town__{name}": value for name, value in account.items()}
    dear = {f"sms__other__{name}": value for name, value in account.items()}
    settings = own | dear | {"sms__other__alphabet": "unicode", "sms__other__price": "0.1"}
    said = technician("sms", "preview", "kalamata", settings=settings).stdout.splitlines()
    at = said.index("el  all: 5 in gsm, 13 in unicode")
    costs = [line.split("with ")[1] for line in said[at + 1 : at + 3]]
    assert sorted(costs) == ["sms:other: 1.30 euros", "sms:town: 0.22 euros"]
    elsewhere = settings | {"sms__town__municipality": "chios"}
    said = technician("sms", "preview", "kalamata", settings=elsewhere).stdout.splitlines()
    assert not any("with sms:town" in line for line in said)
