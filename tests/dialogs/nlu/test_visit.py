"""Sentences by which a citizen says that they come, or don't, and those that say neither."""

import pytest

from bot.i18n.translator import Translator
from dialogs.nlu.visit import says_coming

AWAY = """
Αρρώστησα, δεν θα έρθω
αρρώστησα και δεν μπορώ να έρθω
arrostisa kai den mporo na ertho
δυστυχώς είμαι άρρωστος
δεν θα έρθω στο ραντεβού
Δεν θα έρθω αύριο
δε θα μπορέσω δυστυχώς να έρθω την Παρασκευή
δεν θα έρθουμε
το παιδί αρρώστησε
Το παιδί μου έχει πυρετό.
έχω πυρετό
έχω πυρετό, ακυρώστε το ραντεβού
δεν θα έρθω γιατί έχω δουλειά
είμαι άρρωστη και δεν μπορώ
I am ill
I am sick
my son is sick so we can’t come
we can't come
won't make it
I will not be able to come
I'm not coming tomorrow
Sorry, I won't be able to come because my car broke down
"""

COMING = """
Θα έρθω κανονικά
ναι, θα έρθουμε σίγουρα
Θα είμαι εκεί
Yes, I will definitely come
we are coming
"""

NEITHER = """
δεν θα έρθω με αυτοκίνητο
δεν θα έρθω αλλά θα έρθει η κόρη μου
δεν θα έρθω πριν τις 10
δεν θα έρθω αύριο, θα έρθω την Τρίτη
δεν είμαι άρρωστος
δεν αρρώστησα, θα έρθω
δεν έχω, θα έρθω
αν αρρωστήσω τι κάνω
δεν θα έρθω;
θα έρθω κανονικά;
μπορώ να έρθω
θέλω να έρθω την Τρίτη
δεν μπορώ
ακυρώστε το
το παιδί μου
έχω ένα παιδί
I'm not ill
I'm no longer sick
I can't come by car
can I come
Will you come?
sick leave
I have a child
the appointment
come
"""


@pytest.mark.parametrize(("sentences", "meant"), [(AWAY, False), (COMING, True), (NEITHER, None)])
def test_sentences(sentences: str, meant: bool | None, texts: Translator) -> None:
    found = {each: says_coming(each, texts) for each in sentences.strip().splitlines()}
    assert {each: is_coming for each, is_coming in found.items() if is_coming is not meant} == {}
