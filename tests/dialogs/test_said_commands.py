"""Commands in sentences, and yes and no in all forms, in the course of a conversation."""

from tests.conftest import Deployment, mostly_on

BOOKED = ("Γεια", "καλαματα", "στέγασης", "όχι", "Πέμπτη 3 Δεκεμβρίου στις 12:30")
DETAILS = ("Μαρία Παπαδοπούλου", "maria@example.gr", "6912345678", "068933130")


def texts(deployment: Deployment, said: str) -> str:
    return "\n".join(reply.text for reply in deployment.say(said))


@mostly_on("sqlite")
def test_hedged_answers_book_nothing_and_a_no_asks_what_to_change(deployment: Deployment) -> None:
    deployment.talk(*BOOKED, *DETAILS)
    assert deployment.last[-1].step == "consent"
    for said in ("ίσως", "δεν ξέρω", "κλείστε το", "ναι;"):
        assert deployment.say(said)[-1].step == "consent", said
    assert deployment.say("ναι, συμφωνώ απολύτως, βεβαίως")[-1].step == "review"
    assert deployment.say("μάλλον ναι")[-1].step == "review"
    asked = deployment.say("όχι, λάθος κατάλαβες")[-1]
    assert "Ονοματεπώνυμο" in [choice.label for choice in asked.choices]
    deployment.say("Καμία, συνεχίζουμε")
    assert "κλείστηκε" in texts(deployment, "μάλιστα, σωστά τα 'χετε")


@mostly_on("sqlite")
def test_an_appointment_is_asked_about_moved_and_left_in_sentences(deployment: Deployment) -> None:
    deployment.talk(*BOOKED, *DETAILS, "συμφωνώ", "ναι")
    assert "3 Δεκεμβρίου" in texts(deployment, "πότε είπαμε ότι έρχομαι;")
    deployment.say("Τίποτα, να μείνει")
    assert "Τμήμα Κοινωνικής Αρωγής" in texts(deployment, "πού ακριβώς είστε;")
    deployment.say("Τίποτα, να μείνει")
    assert "υπάλληλος" in texts(deployment, "θα αργήσω ένα τέταρτο, έχει κίνηση")
    assert "έχετε έτοιμα" in texts(deployment, "τι χαρτιά να φέρω;")
    deployment.say("πίσω")
    moved = texts(deployment, "γίνεται να αλλάξω το ραντεβού για τις 4 Δεκεμβρίου στις 12:30;")
    assert "4 Δεκεμβρίου" in moved and deployment.last[-1].step == "review"
    assert deployment.say("όχι, αφήστε το")[-1].step == "task"
    for said in ("μη σβήσετε το ραντεβού μου", "δεν θέλω να ακυρώσω το ραντεβού"):
        assert deployment.say(said)[-1].step == "task", said
    assert deployment.say("αρρώστησα, δεν μπορώ να έρθω")[-1].step == "sure"
