# A wish that is typed where a name is asked isn't taken for a name
now      2026-11-30 09:00
platform webchat, el
quickly  Καλαμάτα | εεε | 3/12 | 12:30
bot      Σας κρατώ την ώρα για 10 λεπτά: Πέμπτη 3 Δεκεμβρίου, 12:30.
bot      Ποιο είναι το ονοματεπώνυμο του προσώπου που θα εξυπηρετηθεί;
         (Πίσω) (Βοήθεια)
citizen  αλλαγή ημέρα
bot      Σε ποιο email να στείλουμε την επιβεβαίωση;
         (Πίσω) (Βοήθεια)
