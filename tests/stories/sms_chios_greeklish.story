# A man writes Greeklish to the shared number: one sentence, a past date, a need, and a lost code
now      2026-11-30 09:00
platform sms, el
citizen  thelo rantevou sti xio gia plirofories opeka
bot      ΔHMOΣ XIOY.
         YΠHPEΣIA: ΠΛHPOΦOPHΣH ΓIA EΠIΔOMATA OΠEKA - ANAΠHPIKA.
         ΠOIA HMEPA; ΔEK
         1 TPI 2 TET 3 ΠEM 4 ΠAP 7 ΔEY 8 TPI 9 TET 10 ΠEM 11 ΠAP 14 ΔEY 15 TPI 16 TET 17 ΠEM 18 ΠAP 21 ΔEY 22 TPI 23 TET 24 ΠEM 28 ΔEY 0 ΠEPIΣΣOTEPA
parts    2
citizen  29/11
bot      KYPIAKH 29 NOEMBPIOY: EXEI ΠEPAΣEI.
         H ΠΛHΣIEΣTEPH EΛEYΘEPH HMEPA: TPITH 1 ΔEKEMBPIOY.
         ΠOIA HMEPA; ΔEK
         1 TPI 2 TET 3 ΠEM 4 ΠAP 7 ΔEY 8 TPI 9 TET 10 ΠEM 11 ΠAP 14 ΔEY 15 TPI 16 TET 17 ΠEM 18 ΠAP 21 ΔEY 22 TPI 23 TET 24 ΠEM 28 ΔEY 0 ΠEPIΣΣOTEPA
parts    2
citizen  avrio
bot      TPI 1/12: ΠOIA ΩPA ΣAΣ EΞYΠHPETEI;
         1 09:00
         2 09:30
         3 10:00
         4 10:30
         5 11:00
         6 11:30
         7 12:00
         8 12:30
parts    1
citizen  stis 12
bot      TPI 1/12 12:00: ΣAΣ TO KPATΩ 10 ΛEΠTA.
         ΠOIO EINAI TO ONOMATEΠΩNYMO TOY ΠPOΣΩΠOY ΠOY ΘA EΞYΠHPETHΘEI;
parts    1
citizen  Giorgos Papas
bot      TI XPEIAZEΣTE ΓIA NA ΣAΣ EΞYΠHPETHΣOYME KAΛYTEPA;
         ΓIA ΠAPAΔEIΓMA, ΠPOΣBAΣH ME AMAΞIΔIO.
         (ΠPOAIPETIKO)
         1 ΠAPAΛEIΨH
parts    1
citizen  amaksidio
bot      TPI 1/12 12:00, ΠΛHPOΦOPIEΣ OΠEKA.
         ΔEIΓMA: OΣA EΔΩΣA EINAI AΛHΘH KAI O ΔHMOΣ MΠOPEI NA TA XPHΣIMOΠOIHΣEI ΓIA TO PANTEBOY.
         1 NAI
         2 OXI
parts    1
citizen  nai
bot      TO PANTEBOY ΣAΣ KΛEIΣTHKE: TPI 1/12 12:00, ΠΛHPOΦOPIEΣ OΠEKA, KENTPO KOINOTHTAΣ, XIOΣ. KΩΔIKOΣ: MHX K76. AΛΛAΓEΣ: AΛΛAΓH MHXK76
parts    1
citizen  ta rantevou mou
bot      TPI 1/12 12:00, ΠΛHPOΦOPIEΣ OΠEKA
         KΩΔIKOΣ: MHX K76
         1 AΛΛAΓH HMEPAΣ H ΩPAΣ
         2 AKYPΩΣH PANTEBOY
         3 AΛΛAΓH ΣTOIXEIΩN
         4 TA ΔIKAIOΛOΓHTIKA MOY
         5 TIΠOTA, NA MEINEI OΠΩΣ EINAI
parts    2
citizen  6
bot      EΠIΛEΞTE ENA AΠO TA ΠAPAKATΩ.
         TPI 1/12 12:00, ΠΛHPOΦOPIEΣ OΠEKA
         KΩΔIKOΣ: MHX K76
         1 AΛΛAΓH HMEPAΣ H ΩPAΣ
         2 AKYPΩΣH PANTEBOY
         3 AΛΛAΓH ΣTOIXEIΩN
         4 TA ΔIKAIOΛOΓHTIKA MOY
         5 TIΠOTA, NA MEINEI OΠΩΣ EINAI
parts    2
other
citizen  ta rantevou mou
bot      PANTEBOY ME SMS. OΔHΓIEΣ: "BOHΘEIA".
         ΔEN BPIΣKΩ PANTEBOY AΠO AYTH TH ΣYNOMIΛIA. AN TO KΛEIΣATE AΛΛOY, ΘA TO BPOYME ME TON KΩΔIKO TOY.
         ΠOIOΣ EINAI O KΩΔIKOΣ TOY PANTEBOY; EXEI EΞI ΓPAMMATA KAI ΨHΦIA, OΠΩΣ KX7 M2P.
         1 EXAΣA TON KΩΔIKO MOY
parts    2
citizen  den ton vrisko
bot      O KΩΔIKOΣ EINAI ΣTHN EΠIBEBAIΩΣH, OΠΩΣ KX7 M2P. AN ΔEN TON EXETE, ΓPAΨTE "EXAΣA TON KΩΔIKO".
         ΠOIOΣ EINAI O KΩΔIKOΣ TOY PANTEBOY;
         1 EXAΣA TON KΩΔIKO MOY
parts    1
citizen  exasa ton kodiko
bot      ΠOIO THΛEΦΩNO H ΠOIO email ΔΩΣATE ΓIA TO PANTEBOY;
         1 699 876 5432
parts    1
citizen  691
bot      ENAΣ EΛΛHNIKOΣ APIΘMOΣ THΛEΦΩNOY EXEI 10 ΨHΦIA; AYTOΣ EXEI 3. ΓIA ΠAPAΔEIΓMA: 6912345678.
         ΠOIO THΛEΦΩNO H ΠOIO email ΔΩΣATE ΓIA TO PANTEBOY;
         1 699 876 5432
parts    1
citizen  piso
bot      TI ΘEΛETE NA KANOYME;
         1 NEO PANTEBOY
         2 TA PANTEBOY MOY
parts    1
citizen  exodos
bot      ENTAΞEI. ΓPAΨTE MOY ΞANA OΠOTE XPEIAΣTEITE PANTEBOY.
parts    1
