# The town's own number, in small letters: nobody is asked which municipality
now      2026-11-30 09:00
platform sms, el
number   kalamata
citizen  Καλημέρα σας
bot      PANTEBOY ME SMS. OΔHΓIEΣ: "BOHΘEIA".
         ΠOIA YΠHPEΣIA;
         1 EΠIΔOMA ΣTEΓAΣHΣ
         2 EΛAXIΣTO EIΣOΔHMA (EEE)
parts    1
citizen  ΜΙΚΡΑ
bot      Από εδώ και πέρα γράφω με μικρά.
         Ποια υπηρεσία;
         1 Επίδομα Στέγασης
         2 Ελάχιστο Εισόδημα (ΕΕΕ)
parts    2
citizen  2
bot      Ποια ημέρα; Δεκ
         1 Τρί 2 Τετ 3 Πέμ 4 Παρ 7 Δευ 8 Τρί 0 Περισσότερα
parts    1
citizen  4/12
bot      Παρ 4/12: ποια ώρα σας εξυπηρετεί;
         1 12:30
         2 13:10
         0 Περισσότερα
parts    1
citizen  12:30
bot      Παρ 4/12 12:30: σας το κρατώ 10 λεπτά.
         Ποιο είναι το ονοματεπώνυμο του προσώπου που θα εξυπηρετηθεί;
parts    2
citizen  Μαρία Παπαδοπούλου
bot      Ποιος είναι ο ΑΦΜ του προσώπου που θα εξυπηρετηθεί;
         Ο ΑΦΜ έχει εννέα ψηφία.
parts    2
citizen  068933130
bot      Παρ 4/12 12:30, Ελάχιστο Εισόδημα (ΕΕΕ).
         Δείγμα: Συναινώ να χρησιμοποιήσει ο Δήμος τα στοιχεία μου για αυτό το ραντεβού. Ανακαλώ όποτε θέλω.
         1 Ναι
         2 Όχι
parts    3
citizen  ΚΕΦΑΛΑΙΑ
bot      AΠO EΔΩ KAI ΠEPA ΓPAΦΩ ME KEΦAΛAIA.
         ΠAP 4/12 12:30, EΛAXIΣTO EIΣOΔHMA (EEE).
         ΔEIΓMA: ΣYNAINΩ NA XPHΣIMOΠOIHΣEI O ΔHMOΣ TA ΣTOIXEIA MOY ΓIA AYTO TO PANTEBOY. ANAKAΛΩ OΠOTE ΘEΛΩ.
         1 NAI
         2 OXI
parts    2
citizen  ΝΑΙ
bot      TO PANTEBOY ΣAΣ KΛEIΣTHKE: ΠAP 4/12 12:30, EΛAXIΣTO EIΣOΔHMA (EEE), TMHMA KOINΩNIKHΣ APΩΓHΣ, KAΛAMATA. KΩΔIKOΣ: MHX K76. AΛΛAΓEΣ: AΛΛAΓH MHXK76
parts    1
citizen  βοήθεια
bot      ΓPAΨTE ENAN APIΘMO H TI ΘEΛETE: "ΠIΣΩ", "AΠO THN APXH", "EΞOΔOΣ", "YΠAΛΛHΛOΣ", "TA PANTEBOY MOY". "MIKPA" ΓIA MIKPA ΓPAMMATA.
         TI ΘEΛETE NA KANOYME;
         1 NEO PANTEBOY
         2 TA PANTEBOY MOY
         3 AΛΛAΓH HMEPAΣ H ΩPAΣ
         4 AKYPΩΣH PANTEBOY
         5 AΛΛAΓH ΣTOIXEIΩN
parts    2
citizen  άνθρωπος
bot      MΠOPEITE NA MIΛHΣETE ME YΠAΛΛHΛO:
         ΔHMOΣ KAΛAMATAΣ
         THΛEΦΩNO: 2721000000
         Email: info@kalamata.example
         ΔIEYΘYNΣH: ΔHMAPXEIO, KAΛAMATA
         ΩPAPIO: ΔEYTEPA EΩΣ ΠAPAΣKEYH, 08:00-14:30
         https://www.kalamata.gr
         TI ΘEΛETE NA KANOYME;
         1 NEO PANTEBOY
         2 TA PANTEBOY MOY
         3 AΛΛAΓH HMEPAΣ H ΩPAΣ
         4 AKYPΩΣH PANTEBOY
         5 AΛΛAΓH ΣTOIXEIΩN
parts    3
