# The language changes midway by a word and back by a button; the answers stay
now      2026-11-30 09:00
platform webchat, el
quickly  Καλαμάτα | στέγασης
bot      Υπηρεσία: Επίδομα Στέγασης.
         Σημείο εξυπηρέτησης: Τμήμα Κοινωνικής Αρωγής.
         Τρόπος εξυπηρέτησης: Φυσική παρουσία.
bot      Λαμβάνετε ήδη το επίδομα στέγασης;
         [Όχι] [Ναι]
         (Πίσω) (Βοήθεια)
citizen  English
bot      From now on I speak English.
bot      Do you already receive the housing benefit?
         [No] [Yes]
         (Back) (Help)
citizen  no
bot      Which day? Free days in December 2026:
         [Tue 1 Dec] [Wed 2 Dec] [Thu 3 Dec] [Fri 4 Dec] [Mon 7 Dec] [Tue 8 Dec] [Wed 9 Dec] [Thu 10 Dec] [Fri 11 Dec] [Mon 14 Dec] [Tue 15 Dec] [Wed 16 Dec] [Thu 17 Dec] [Fri 18 Dec] [Mon 21 Dec] [Tue 22 Dec] [Wed 23 Dec] [Thu 24 Dec] [Mon 28 Dec] [Tue 29 Dec] [Wed 30 Dec] [Thu 31 Dec]
         (Next month) (Back) (Help)
citizen  3/12
bot      What time on Thursday 3 December?
         [12:30] [13:10] [13:50]
         (Back) (Help)
citizen  language
bot      Από εδώ και πέρα μιλάμε ελληνικά.
bot      Πέμπτη 3 Δεκεμβρίου: ποια ώρα σας εξυπηρετεί;
         [12:30] [13:10] [13:50]
         (Πίσω) (Βοήθεια)
citizen  12:30
bot      Σας κρατώ την ώρα για 10 λεπτά: Πέμπτη 3 Δεκεμβρίου, 12:30.
bot      Ποιο είναι το ονοματεπώνυμο του προσώπου που θα εξυπηρετηθεί;
         (Πίσω) (Βοήθεια)
citizen  γλώσσα
bot      From now on I speak English.
bot      What is the full name of the person the appointment is for?
         (Back) (Help)
citizen  βοήθεια
bot      Pick an answer by tapping it, or write its number or its name. You can also write at any time: “back”, “start over”, “cancel”, “about the service”, “useful links”, “human”, “my bookings”, “language”, “time zone”, “preferences”.
bot      What is the full name of the person the appointment is for?
         (Back) (Start over) (Stop) (About this service) (Useful links) (Talk to a human) (My bookings) (Ελληνικά) (Time zone) (My preferences) (Help)
citizen  Help
bot      Pick an answer by tapping it, or write its number or its name. You can also write at any time: “back”, “start over”, “cancel”, “about the service”, “useful links”, “human”, “my bookings”, “language”, “time zone”, “preferences”.
bot      What is the full name of the person the appointment is for?
         (Back) (Start over) (Stop) (About this service) (Useful links) (Talk to a human) (My bookings) (Ελληνικά) (Time zone) (My preferences) (Help)
citizen  [Ελληνικά]
bot      Από εδώ και πέρα μιλάμε ελληνικά.
bot      Ποιο είναι το ονοματεπώνυμο του προσώπου που θα εξυπηρετηθεί;
         (Πίσω) (Από την αρχή) (Διακοπή) (Για την υπηρεσία) (Χρήσιμοι σύνδεσμοι) (Επικοινωνία με υπάλληλο) (Τα ραντεβού μου) (English) (Ζώνη ώρας) (Οι προτιμήσεις μου) (Βοήθεια)
citizen  Μαρία Παπαδοπούλου
bot      Σε ποιο email μπορεί να σας γράψει η υπηρεσία, αν χρειαστεί;
         (προαιρετικό)
         [Παράλειψη]
         (Πίσω) (Βοήθεια)
