# A booking in English by text message: wrong answers, EXIT and back, the reminder answered by OK, then deleted
now      2026-11-30 09:00
platform sms, en
number   kalamata
citizen  Hi
bot      Appointments. Help: "menu".
         Which service?
         1 Housing Benefit
         2 Minimum Income (EEE)
parts    1
citizen  housing benefit
bot      Do you already receive the housing benefit?
         1 No
         2 Yes
parts    1
citizen  no
bot      Which day? Dec
         1 Tue 2 Wed 3 Thu 4 Fri 7 Mon 8 Tue 9 Wed 10 Thu 11 Fri 14 Mon 15 Tue 16 Wed 17 Thu 18 Fri 21 Mon 22 Tue 23 Wed 24 Thu 28 Mon 29 Tue 0 More
parts    1
citizen  next thursday at noon
bot      12:00 isn't free.
         Nearest times:
         1 Wed 9/12 12:30
         2 Wed 9/12 13:10
         3 Wed 9/12 13:50
         4 Thu 10/12 12:30
         5 Thu 10/12 13:10
         6 Thu 10/12 13:50
parts    1
citizen  EXIT
bot      Shall we stop here? You would have to begin again.
         1 Yes, stop
         2 No, go on
parts    1
citizen  2
bot      What time on Thu 10/12?
         1 12:30
         2 13:10
         3 13:50
parts    1
citizen  3/12
bot      What time on Thu 3/12?
         1 12:30
         2 13:10
         3 13:50
parts    1
citizen  1
bot      Thu 3/12 12:30: kept for 10 minutes.
         What is the full name of the person the appointment is for?
parts    1
citizen  John Smith
bot      What is the tax number (AFM) of the person the appointment is for?
         The tax number has nine digits.
parts    1
citizen  12345
bot      A tax number (AΦM) has 9 digits. For example: 068933130.
         What is the tax number (AFM) of the person the appointment is for?
parts    1
citizen  my appointments
bot      We're in the middle of something: "New booking". Shall I leave it and go to "My bookings"?
         1 Yes, leave it
         2 No, go on
parts    1
citizen  2
bot      What is the tax number (AFM) of the person the appointment is for?
         The tax number has nine digits.
parts    1
citizen  068933130
bot      Thu 3/12 12:30, Housing Benefit.
         Sample: I consent to the use of my details for this appointment. I may withdraw at any time.
         1 OK
         2 No
parts    1
citizen  OK
bot      Your appointment is booked: Thu 3/12 12:30, Housing Benefit, Social Assistance Department, Kalamata. Code: MHX K76. Changes: CHANGE MHXK76
parts    1
now      2026-12-02 12:00
later
bot      Your appointment is on Thu 3/12 at 12:30, Housing Benefit, Social Assistance Department, Kalamata. Code: MHX K76. Coming? OK MHXK76. Not: DELETE MHXK76
parts    1
citizen  ok mhxk76
bot      Thank you! We expect you: Thu 3 Dec 12:30, Housing Benefit.
parts    1
citizen  CHANGE MHXK76
bot      Which day? Dec
         3 Thu 4 Fri 7 Mon 8 Tue 9 Wed 10 Thu 11 Fri 14 Mon 15 Tue 16 Wed 17 Thu 18 Fri 21 Mon 22 Tue 23 Wed 24 Thu 28 Mon 29 Tue 30 Wed 31 Thu 0 Jan
parts    1
citizen  4/12
bot      What time on Fri 4/12?
         1 12:30
         2 13:10
         3 13:50
parts    1
citizen  EXIT
bot      Shall we stop here? You would have to begin again.
         1 Yes, stop
         2 No, go on
parts    1
citizen  1
bot      All right, I've stopped. Nothing was booked or changed.
parts    1
citizen  DELETE MHX K76
bot      Cancel Thu 3/12 12:30, Housing Benefit?
         1 Yes, cancel it
         2 No, keep it
parts    1
citizen  OK
bot      Your appointment was cancelled: Thu 3 Dec 12:30, Housing Benefit.
parts    1
