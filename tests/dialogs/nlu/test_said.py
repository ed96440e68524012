"""Yes and no, and commands, as people say them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialogs.nlu.normalize import clean
from dialogs.nlu.said import Answer, Said, read_answer, read_command


@pytest.mark.parametrize(
    ("texts", "answer"),
    [
        (
            ("ναι παρακαλώ", "Βεβαίως!", "nai vevaiws", "όλα σωστά, ευχαριστώ", "yes, go ahead"),
            "yes",
        ),
        (("γιατί όχι", "δέχομαι", "yeah sure", "entaksei, proxwriste", "συμφωνώ"), "yes"),
        (("όχι, λάθος", "δεν συμφωνώ", "no thanks, wrong", "I don't agree", "den thelw"), "no"),
        (
            (
                "mpa, oxi",
                "όχι βέβαια",
                "καλύτερα όχι",
                "not really",
                "not correct",
                "σε καμία περίπτωση",
            ),
            "no",
        ),
        (
            ("ναι; όχι;", "μάλλον ναι", "ίσως", "yes maybe", "ναι ή όχι", "den xerw", "Ναι;"),
            "unsure",
        ),
        (("κλείσε το",), "go_ahead"),
        (
            (
                "ναι, αλλά αλλάξτε το τηλέφωνο",
                "ναι, αλλά πιο μετά",
                "ok but later",
                "Λάρισα",
                "",
                "👍👍 Λάρισα",
            ),
            None,
        ),
    ],
)
def test_answers_are_read(texts: tuple[str, ...], answer: str | None) -> None:
    for text in texts:
        assert read_answer(clean(text)) == (answer and Answer(answer)), text


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (("θα καθυστερήσω λίγο", "argw deka lepta", "I'm stuck in traffic"), Said.LATE),
        (("δεν θα έρθω αύριο", "den mporw na er8w", "I can't make it"), Said.NOT_COMING),
        (
            ("να ακυρώσω το ραντεβού μου", "θέλω να ακυρώσω", "delete my booking please"),
            Said.CANCEL,
        ),
        (("αλλαγή του ραντεβού για Τρίτη στις 10", "reschedule to Monday at 11"), Said.MOVE),
        (("πού βρίσκεται το γραφείο;", "where is your office?"), Said.WHERE),
        (("τι ώρα είναι το ραντεβού μου;", "when do I come?"), Said.WHEN),
        (("ποια δικαιολογητικά χρειάζομαι;", "what should I bring?"), Said.DOCUMENTS),
        (("θέλω να μιλήσω με κάποιον υπάλληλο", "a real person please"), Said.HUMAN),
        (("έκανα λάθος, πίσω", "go back one step"), Said.BACK),
        (("δεν θέλω να συνεχίσω", "άσ' το καλύτερα"), Said.STOP),
        (("πάμε πάλι από την αρχή", "start over please"), Said.RESTART),
        (
            (
                "μη σβήσετε το ραντεβού μου",
                "don't cancel my appointment",
                "θέλω ραντεβού για επίδομα στέγασης στην Καλαμάτα",
                "το ραντεβού μου ακυρώθηκε;",
                "δεν θέλω να ακυρώσω το ραντεβού",
                "θέλω να μην ακυρώσω το ραντεβού",
                "I don't want to cancel the appointment",
                "άργησε το δάνειο",
                "η άδειά μου ακυρώθηκε πέρσι στη Λάρισα",
                "τη μέρα που έχω άδεια",
                "",
            ),
            None,
        ),
    ],
)
def test_commands_are_read(texts: tuple[str, ...], said: Said | None) -> None:
    for text in texts:
        assert read_command(clean(text)) == said, text


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=60))
def test_no_text_fails(text: str) -> None:
    read_answer(clean(text))
    read_command(clean(text))
