"""Answers to form fields within a sentence."""

from collections.abc import Mapping

import pytest

from tests.conftest import Deployment
from tests.core.small_municipality import desk, service
from tests.dialogs.custom_municipality import custom_municipality, form_field, stored_state


def answers(deployment: Deployment) -> Mapping[str, str]:
    return stored_state(deployment).values


BEGIN = ("Χίος", "εργασιακή", "βίντεο", "4/12", "10:30")
KEP = ("κεπ", "Πληροφόρηση", "4/12", "10:00", "Μαρία Παπά", "maria@example.gr", "6912345678")


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Μαρία Παπαδοπούλου", "Μαρία Παπαδοπούλου"),
        ("με λένε Μαρία Παπαδοπούλου", "Μαρία Παπαδοπούλου"),
        ("Το όνομά μου είναι Μαρία Παπά", "Μαρία Παπά"),
        ("Είμαι η Μαρία Παπά", "Μαρία Παπά"),
        ("My name is Maria Papa", "Maria Papa"),
        ("Jean Am Is Le Roux", "Jean Am Is Le Roux"),
        ("Is Marou", "Is Marou"),
        ("Na Li", "Na Li"),
        ("Δε Λα Κρουζ", "Δε Λα Κρουζ"),
        ("Maria Papa is my name", "Maria Papa"),
        ("θέλω να πω κάτι", None),
        ("γύρνα πίσω", None),
    ],
)
def test_a_name_is_found_within_its_sentence(
    deployment: Deployment, typed: str, kept: str | None
) -> None:
    deployment.talk(*BEGIN, typed)
    assert answers(deployment).get("details.name") == kept


@pytest.mark.parametrize("typed", ["AM 123456", "η ταυτότητά μου είναι ΑΜ 123456"])
def test_the_letters_of_an_identity_card_are_not_read_as_a_verb(
    deployment: Deployment, typed: str
) -> None:
    deployment.talk(*KEP, "Ερμού 1, Αθήνα", "Ελληνική", typed)
    assert answers(deployment).get("details.identity_card") == "AM123456"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (("Μαρία",), None),
        (("Μαρία", "ναι"), "Μαρία"),
        (("με λένε Μαρία", "Μαρία"), "Μαρία"),
        (("Μαρία", "Παπά"), "Μαρία Παπά"),
        (("Μαρία", "Άννα Παπά"), "Άννα Παπά"),
        (("Μαρία", "όχι"), None),
        (("Κυριακή",), None),
        (("Κυριακή πρωί",), None),
        (("εργασιακή συμβουλευτική",), None),
        (("εργασιακή συμβουλευτική", "ναι"), "εργασιακή συμβουλευτική"),
    ],
)
def test_a_name_that_may_be_none_is_asked_about_once(
    deployment: Deployment, typed: tuple[str, ...], kept: str | None
) -> None:
    deployment.talk(*BEGIN)
    deployment.talk(*typed)
    assert answers(deployment).get("details.name") == kept


def test_a_detail_given_anew_at_another_question_replaces_the_first(
    deployment: Deployment,
) -> None:
    housing = ("Καλαμάτα", "επίδομα στέγασης", "όχι", "4/12", "12:30", "Μαρία Παπά")
    deployment.talk(*housing, "maria@example.gr", "6912345678")
    before = answers(deployment)
    deployment.talk("το κινητό είναι 6955404030")
    assert answers(deployment) == {**before, "details.phone": "+306955404030"}
    deployment.talk("Άννα Ρήγα, anna@example.gr, ΑΦΜ 068933130")
    given = {"name": "Άννα Ρήγα", "email": "anna@example.gr", "tax_number": "068933130"}
    assert answers(deployment).items() >= {f"details.{k}": v for k, v in given.items()}.items()


def test_details_in_the_first_sentence_are_taken_where_they_are_asked_for(
    deployment: Deployment,
) -> None:
    deployment.talk(
        "Λέγομαι Μαρία Παπά, επίδομα στέγασης Καλαμάτα, Παρασκευή 12:30, τηλ. 6912345678", "όχι"
    )
    deployment.talk("maria@example.gr")
    given = {"name": "Μαρία Παπά", "email": "maria@example.gr", "phone": "+306912345678"}
    assert answers(deployment).items() >= {f"details.{k}": v for k, v in given.items()}.items()


OFFICE, LINK = (
    "Σε ποιο email μπορεί να σας γράψει",
    "Σε ποιο email να σας στείλει η υπηρεσία τον σύνδ",
)


@pytest.mark.parametrize(
    ("channel", "required", "by_email", "asked", "demanded"),
    [
        ("in_person", False, False, OFFICE, False),
        ("in_person", True, False, OFFICE, False),
        ("in_person", False, True, "email?", False),
        ("in_person", True, True, "email?", True),
        ("video", False, False, LINK, True),
        ("video", False, True, "email?", True),
    ],
)
@pytest.mark.parametrize("optional", [False, True], ids=["field", "optional_field"])
def test_an_email_is_demanded_only_where_it_is_of_use(
    deployment: Deployment,
    channel: str,
    required: bool,
    by_email: bool,
    asked: str,
    demanded: bool,
    optional: bool,
) -> None:
    if optional:  # only what a video call needs can't be left out
        demanded = channel == "video" and by_email
    fields = [
        form_field("email", "email", required=not optional),
        form_field("name", "name"),
        form_field("phone", "phone"),
    ]
    town = custom_municipality(
        service(channels=[channel]),
        desks=(desk("a", channels=[channel]),),
        fields=fields,
        rules={"email_required": required},
    )
    deployment.load(town)
    deployment.services.registry.accounts = frozenset({"email:all"} if by_email else ())
    deployment.talk("Γεια", "town", "3/12")
    deployment.say(choice=deployment.last[-1].choices[0].id)
    question = deployment.last[-1]
    assert question.step == "details.email"
    assert question.text.startswith(asked)
    skips = [choice.label for choice in question.choices if choice.label == "Παράλειψη"]
    assert bool(skips) is not demanded
    assert deployment.say("δεν έχω email")[-1].step == f"details.{'email' if demanded else 'name'}"


def test_at_a_free_text_only_a_few_commands_said_alone_count(deployment: Deployment) -> None:
    deployment.talk(*KEP)
    asked = deployment.last[-1].step
    for text in ("Αλλαγή διεύθυνσης", "Διακοπή", "ακύρωση", "βοήθεια με το ρεύμα", "άνθρωπος"):
        deployment.say(text)
        assert answers(deployment)[str(asked)] == text
        assert deployment.say("πίσω")[-1].step == asked
    for text in ("voitheia", "μενού"):
        assert deployment.say(text)[-1].step == asked
    for text in ("σταμάτα", "έξοδος"):  # the second is what a text message says for it
        assert deployment.say(text)[-1].step == "stop"
        assert deployment.say("όχι")[-1].step == asked
    assert asked not in answers(deployment)


def test_several_details_in_one_message_fill_several(deployment: Deployment) -> None:
    deployment.talk(*KEP[:4], "Μαρία Παπά 6912345678 maria παπάκι example τελεία gr")
    given = answers(deployment)
    assert [given.get(f"details.{name}") for name in ("name", "phone", "email")] == [
        *("Μαρία Παπά", "+306912345678", "maria@example.gr")
    ]
    assert deployment.last[-1].step == "details.address"


def test_a_detail_of_another_question_is_kept_and_said(deployment: Deployment) -> None:
    deployment.talk(*KEP[:4], "6912345678")
    assert "691 234 5678" in deployment.last[0].text
    assert answers(deployment)["details.phone"] == "+306912345678"
    assert deployment.last[-1].step == "details.name"
    deployment.talk("Μαρία Παπά", "maria@example.gr")
    assert deployment.last[-1].step == "details.address"
