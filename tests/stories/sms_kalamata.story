# A woman without a smartphone books in Kalamata by text message, and answers the reminder
now      2026-11-30 09:00
platform sms, el
citizen  Γεια
bot      PANTEBOY ME SMS. OΔHΓIEΣ: "BOHΘEIA".
         ΠOIOΣ ΔHMOΣ;
         1 ΔHMOΣ KAΛAMATAΣ
         2 ΔHMOΣ ΛAPIΣAIΩN
         3 ΔHMOΣ XIOY
         4 KEΠ - KENTPA EΞYΠHPETHΣHΣ ΠOΛITΩN
parts    1
citizen  1
bot      ΠOIA YΠHPEΣIA;
         1 EΠIΔOMA ΣTEΓAΣHΣ
         2 EΛAXIΣTO EIΣOΔHMA (EEE)
parts    1
citizen  1
bot      ΛAMBANETE HΔH TO EΠIΔOMA ΣTEΓAΣHΣ;
         1 OXI
         2 NAI
parts    1
citizen  ΟΧΙ
bot      ΠOIA HMEPA; ΔEK
         1 TPI 2 TET 3 ΠEM 4 ΠAP 7 ΔEY 8 TPI 9 TET 10 ΠEM 11 ΠAP 14 ΔEY 15 TPI 16 TET 17 ΠEM 18 ΠAP 21 ΔEY 22 TPI 23 TET 24 ΠEM 28 ΔEY 0 ΠEPIΣΣOTEPA
parts    1
citizen  0
bot      ΠOIA HMEPA; ΔEK
         29 TPI 30 TET 31 ΠEM 0 IAN
parts    1
citizen  ΔEK
bot      ΠOIA HMEPA; ΔEK
         1 TPI 2 TET 3 ΠEM 4 ΠAP 7 ΔEY 8 TPI 9 TET 10 ΠEM 11 ΠAP 14 ΔEY 15 TPI 16 TET 17 ΠEM 18 ΠAP 21 ΔEY 22 TPI 23 TET 24 ΠEM 28 ΔEY 0 ΠEPIΣΣOTEPA
parts    1
citizen  3/12
bot      ΠEM 3/12: ΠOIA ΩPA ΣAΣ EΞYΠHPETEI;
         1 12:30
         2 13:10
         3 13:50
parts    1
citizen  1
bot      ΠEM 3/12 12:30: ΣAΣ TO KPATΩ 10 ΛEΠTA.
         ΠOIO EINAI TO ONOMATEΠΩNYMO TOY ΠPOΣΩΠOY ΠOY ΘA EΞYΠHPETHΘEI;
parts    1
citizen  MAPIA
bot      TO ONOMA EINAI MONO "MAPIA"; AΛΛIΩΣ ΓPAΨTE ONOMA KAI EΠΩNYMO.
         1 MAPIA
parts    1
citizen  MAPIA ΠAΠAΔOΠOYΛOY
bot      ΠOIOΣ EINAI O AΦM TOY ΠPOΣΩΠOY ΠOY ΘA EΞYΠHPETHΘEI;
         O AΦM EXEI ENNEA ΨHΦIA.
parts    1
citizen  068933130
bot      ΠEM 3/12 12:30, EΠIΔOMA ΣTEΓAΣHΣ.
         ΔEIΓMA: ΣYNAINΩ NA XPHΣIMOΠOIHΣEI O ΔHMOΣ TA ΣTOIXEIA MOY ΓIA AYTO TO PANTEBOY. ANAKAΛΩ OΠOTE ΘEΛΩ.
         1 NAI
         2 OXI
parts    1
citizen  2
bot      XΩPIΣ TH ΣYΓKATAΘEΣH ΣAΣ ΔEN MΠOPΩ NA KΛEIΣΩ EΔΩ TO PANTEBOY. MΠOPEITE NA ΣYMΦΩNHΣETE TΩPA H NA MIΛHΣETE ME YΠAΛΛHΛO: ΓPAΨTE "YΠAΛΛHΛOΣ".
         ΠEM 3/12 12:30, EΠIΔOMA ΣTEΓAΣHΣ.
         ΔEIΓMA: ΣYNAINΩ NA XPHΣIMOΠOIHΣEI O ΔHMOΣ TA ΣTOIXEIA MOY ΓIA AYTO TO PANTEBOY. ANAKAΛΩ OΠOTE ΘEΛΩ.
         1 NAI
         2 OXI
parts    2
citizen  ΝΑΙ
bot      TO PANTEBOY ΣAΣ KΛEIΣTHKE: ΠEM 3/12 12:30, EΠIΔOMA ΣTEΓAΣHΣ, TMHMA KOINΩNIKHΣ APΩΓHΣ, KAΛAMATA. KΩΔIKOΣ: MHX K76. AΛΛAΓEΣ: AΛΛAΓH MHXK76
parts    1
# Κανένα μενού δεν φαίνεται, γι’ αυτό κανένας αριθμός δεν διαλέγει τίποτα.
citizen  1
bot      ΓPAΨTE "MENOY" ΓIA NA ΔEITE TI MΠOPΩ NA KANΩ.
parts    1
citizen  ΤΑ ΡΑΝΤΕΒΟΥ ΜΟΥ
bot      ΠEM 3/12 12:30, EΠIΔOMA ΣTEΓAΣHΣ
         KΩΔIKOΣ: MHX K76
         1 AΛΛAΓH HMEPAΣ H ΩPAΣ
         2 AKYPΩΣH PANTEBOY
         3 AΛΛAΓH ΣTOIXEIΩN
         4 TA ΔIKAIOΛOΓHTIKA MOY
         5 ANAKΛHΣH ΣYΓKATAΘEΣHΣ
         6 TIΠOTA, NA MEINEI OΠΩΣ EINAI
parts    2
now      2026-12-02 12:00
later
bot      ΣAΣ ΘYMIZΩ TO PANTEBOY ΣAΣ: ΠEM 3/12 12:30, EΠIΔOMA ΣTEΓAΣHΣ, TMHMA KOINΩNIKHΣ APΩΓHΣ, KAΛAMATA. KΩΔIKOΣ: MHX K76. ΘA EPΘETE; NAI MHXK76. AΛΛIΩΣ: AKYPΩΣH MHXK76
parts    1
citizen  ναι μηχ κ76
bot      EYXAPIΣTOYME! ΣAΣ ΠEPIMENOYME: ΠEM 3 ΔEK 12:30, EΠIΔOMA ΣTEΓAΣHΣ.
         ΠEM 3/12 12:30, EΠIΔOMA ΣTEΓAΣHΣ
         KΩΔIKOΣ: MHX K76
         1 AΛΛAΓH HMEPAΣ H ΩPAΣ
         2 AKYPΩΣH PANTEBOY
         3 AΛΛAΓH ΣTOIXEIΩN
         4 TA ΔIKAIOΛOΓHTIKA MOY
         5 ANAKΛHΣH ΣYΓKATAΘEΣHΣ
         6 TIΠOTA, NA MEINEI OΠΩΣ EINAI
parts    2
# Ένας άλλος βρήκε τον κωδικό: δεν μαθαίνει τίποτα.
other
citizen  ΝΑΙ MHXK76
bot      ΔEN BPHKA PANTEBOY ΠOY NA IΣXYEI ME AYTON TON KΩΔIKO KAI AYTO TO THΛEΦΩNO.
parts    1
citizen  ΑΚΥΡΩΣΗ MHXK76
bot      ΔEN BPHKA PANTEBOY ΠOY NA IΣXYEI ME AYTON TON KΩΔIKO KAI AYTO TO THΛEΦΩNO.
parts    1
same
citizen  αλλαγή MHXK76
bot      ΠOIA HMEPA; ΔEK
         3 ΠEM 4 ΠAP 7 ΔEY 8 TPI 9 TET 10 ΠEM 11 ΠAP 14 ΔEY 15 TPI 16 TET 17 ΠEM 18 ΠAP 21 ΔEY 22 TPI 23 TET 24 ΠEM 28 ΔEY 29 TPI 30 TET 0 ΠEPIΣΣOTEPA
parts    1
citizen  ΠΑΡ 4/12
bot      ΠAP 4/12: ΠOIA ΩPA ΣAΣ EΞYΠHPETEI;
         1 12:30
         2 13:10
         3 13:50
parts    1
citizen  1
bot      NA AΛΛAΞΩ TO PANTEBOY;
         AΠO: ΠEMΠTH 3 ΔEKEMBPIOY 2026, 12:30-13:00 (ΩPA: AΘHNA)
         ΣE: ΠAPAΣKEYH 4 ΔEKEMBPIOY 2026, 12:30-13:00 (ΩPA: AΘHNA)
         1 NAI, AΛΛAΓH ΣE ΠAP 4 ΔEK, 12:30
         2 OXI, NA MEINEI H ΠAΛIA ΩPA
parts    2
citizen  1
bot      TO PANTEBOY ΣAΣ AΛΛAΞE: ΠAP 4 ΔEK 12:30, EΠIΔOMA ΣTEΓAΣHΣ. KΩΔIKOΣ: MHX K76.
parts    1
citizen  ΑΚΥΡΩΣΗ MHXK76
bot      NA AKYPΩΣΩ: ΠAP 4/12 12:30, EΠIΔOMA ΣTEΓAΣHΣ;
         1 NAI, AKYPΩΣH
         2 OXI, NA MEINEI
parts    1
citizen  2
bot      ENTAΞEI, TO PANTEBOY ΣAΣ IΣXYEI OΠΩΣ HTAN.
parts    1
citizen  ΑΚΥΡΩΣΗ MHXK76
bot      NA AKYPΩΣΩ: ΠAP 4/12 12:30, EΠIΔOMA ΣTEΓAΣHΣ;
         1 NAI, AKYPΩΣH
         2 OXI, NA MEINEI
parts    1
citizen  ΝΑΙ
bot      TO PANTEBOY ΣAΣ AKYPΩΘHKE: ΠAP 4 ΔEK 12:30, EΠIΔOMA ΣTEΓAΣHΣ.
parts    1
