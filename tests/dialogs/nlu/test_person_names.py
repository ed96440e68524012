"""Names of people within sentences."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialogs.nlu.normalize import clean
from dialogs.nlu.person_names import find_name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Με λένε Άννα Ρήγα", "Άννα Ρήγα"),
        ("Είμαι η κυρία Άννα Ρήγα, από δίπλα από το σχολείο", "Άννα Ρήγα"),
        ("είναι για τον πατέρα μου, τον Πέτρο Ρήγα", "Πέτρο Ρήγα"),
        ("Η Άννα η Ρήγα, με ξέρετε", "Άννα Ρήγα"),
        ("Ρήγα Άννα του Πέτρου", "Ρήγα Άννα"),
        ("όνομα Άννα, επίθετο Ρήγα", "Άννα Ρήγα"),
        ("Επώνυμο: Ρήγα Όνομα: Άννα", "Άννα Ρήγα"),
        ("όχι Ρίγα, Ρήγα. Άννα Ρήγα", "Άννα Ρήγα"),
        ("egw eimai h Anna Rhga apo to xwrio", "Anna Rhga"),
        ("First name Ann, last name Al Hassan", "Ann Al Hassan"),
        ("it's for my wife, Ann Price", "Ann Price"),
        ("Hello, this is Ann Price speaking", "Ann Price"),
        ("I'm Dr. Ann Price", "Ann Price"),
        ("Van der Berg, Johannes", "Van der Berg Johannes"),
        ("Ιωάννης Δ. Παπάς", "Ιωάννης Δ. Παπάς"),
        ("του Πέτρου Ρήγα", "Πέτρου Ρήγα"),
        ("ο πετρος ο ρηγας", "πετρος ρηγας"),
        ("Άννα Ρήγα με λένε", "Άννα Ρήγα"),
        ("Στη μάνα μου, Άννα Ρήγα", "Άννα Ρήγα"),
        ("to onoma mou einai Anna Rhga", "Anna Rhga"),
        ("put it under Ann Price", "Ann Price"),
        ("Ρήγας. Το μικρό μου Πέτρος", "Ρήγας Πέτρος"),
        ("May Will", "May Will"),
        ("το επίθετό μου είναι Ρήγα και το όνομα Άννα", "Άννα Ρήγα"),
        ("με λένε Άννα και το επίθετό μου είναι Ρήγα", "Άννα Ρήγα"),
        ("to epitheto mou einai Rhgas kai to onoma Petros", "Petros Rhgas"),
        ("I'm Ann and my surname is Price", "Ann Price"),
        ("Πέτρος Ρήγας γιος του Ηλία", "Πέτρος Ρήγας"),
        ("Ρήγα Άννα χήρα Ηλία", "Ρήγα Άννα"),
        ("Πέτρος Ρήγας παρακαλώ πολύ", "Πέτρος Ρήγας"),
        ("Petros Rhgas me lene file", "Petros Rhgas"),
        ("με φωνάζουν Πίτερ αλλά η ταυτότητα γράφει Πέτρος Ρήγας", "Πέτρος Ρήγας"),
        ("they call me Annie but my passport says Ann Price", "Ann Price"),
        ("λέγομαι Άννα Ρίγα, συγγνώμη Ρήγα", "Άννα Ρήγα"),
        ("Άννα Βλάχου, λάθος, Άννα Ρήγα", "Άννα Ρήγα"),
        ("Άννα, με δύο νι", None),
        ("μισό λεπτό να δω την ταυτότητα", None),
        ("αύριο το πρωί", None),
        ("Δεν λέω το όνομά μου εδώ", None),
        ("τι το θέλετε το όνομά μου;", None),
        ("Γεια σας, θέλω ραντεβού για επίδομα", None),
        ("please write to me by letter, not here", None),
        ("", None),
    ],
)
def test_a_name_is_found(text: str, name: str | None) -> None:
    found = find_name(text)
    assert (found.value if found else None) == name


@pytest.mark.parametrize(
    ("text", "sure"),
    [
        ("Άννα Ρήγα", True),
        ("άννα ρήγα", True),
        ("Άννα", False),
        ("Κυριακή", False),
        ("Κυριακή Μάη", True),
        ("τρίτη φορά", False),
        ("Anna, please", False),
    ],
)
def test_a_name_that_may_be_something_else_is_not_sure(text: str, sure: bool) -> None:
    found = find_name(text)
    assert found is None or found.sure == sure


@settings(max_examples=40, deadline=None)
@given(st.text(st.sampled_from("αΒ . ,:ςΐß") | st.characters(), max_size=30))
def test_any_text_is_searched_for_a_name(text: str) -> None:
    text = clean(text)
    if found := find_name(text):
        assert 0 <= found.span.start < found.span.end <= len(text)
