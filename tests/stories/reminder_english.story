# The same in English: the appointment is moved from its reminder, and asked about again
now      2026-11-30 09:00
accounts webchat
platform webchat, en
quickly  Hello | Kalamata | Housing | no | 3/12 | 12:30 | Maria Papadopoulou | - | 6912345678 | 068933130 | I agree | yes
bot      Your appointment is booked.
         Code: MHX K76
         Municipality of Kalamata, Housing Benefit
         Thursday 3 December 2026, 12:30–13:00 (time of Athens)
         In person
         Social Assistance Department
         Address: Social Assistance Department, Kalamata
         Please have with you:
         • Identity card or passport
         • Lease of your home
         Please come to the Department five minutes early, with your documents.
         Keep the code: with it and your phone number you can move or cancel from any chat.
         Telephone of the office: 2721000000
bot      What would you like to do?
         [New booking] [My bookings] [Move an appointment] [Cancel an appointment] [Change my details]
         (Help)
outbox   webchat 2026-12-01 12:30 pending: reminder
outbox   webchat 2026-12-03 09:30 pending: reminder
now      2026-12-01 12:30
later
bot      A reminder of your appointment:
         Code: MHX K76
         Municipality of Kalamata, Housing Benefit
         Thursday 3 December 2026, 12:30–13:00 (time of Athens)
         In person
         Social Assistance Department
         Address: Social Assistance Department, Kalamata
         Please have with you:
         • Identity card or passport
         • Lease of your home
         If you can't make it, please cancel it here, so that somebody else can have the time.
         Telephone of the office: 2721000000
         Will you come?
         (I'm coming) (Another day or time) (Cancel the appointment) (My documents)
citizen  [Another day or time]
bot      Which day? Free days in December 2026:
         [Wed 2 Dec] [Thu 3 Dec] [Fri 4 Dec] [Mon 7 Dec] [Tue 8 Dec] [Wed 9 Dec] [Thu 10 Dec] [Fri 11 Dec] [Mon 14 Dec] [Tue 15 Dec] [Wed 16 Dec] [Thu 17 Dec] [Fri 18 Dec] [Mon 21 Dec] [Tue 22 Dec] [Wed 23 Dec] [Thu 24 Dec] [Mon 28 Dec] [Tue 29 Dec] [Wed 30 Dec] [Thu 31 Dec]
         (Next month) (Back) (Help)
citizen  8/12
bot      What time on Tuesday 8 December?
         [12:30] [13:10] [13:50]
         (Back) (Help)
citizen  12:30
bot      Shall I move the appointment?
         From: Thursday 3 December 2026, 12:30–13:00 (time of Athens)
         To: Tuesday 8 December 2026, 12:30–13:00 (time of Athens)
         [Yes, move it to Tue 8 Dec, 12:30] [No, keep the old time]
         (Back) (Help)
citizen  yes
bot      Your appointment was moved.
         Code: MHX K76
         Municipality of Kalamata, Housing Benefit
         Tuesday 8 December 2026, 12:30–13:00 (time of Athens)
         In person
         Social Assistance Department
         Address: Social Assistance Department, Kalamata
bot      What would you like to do?
         [New booking] [My bookings] [Move an appointment] [Cancel an appointment] [Change my details]
         (Help)
outbox   webchat 2026-12-06 12:30 pending: reminder
outbox   webchat 2026-12-08 09:30 pending: reminder
citizen  [I'm coming]
bot      Your appointment was moved since then. It is: Tue 8 Dec 12:30, Housing Benefit. If you're coming, please write: I'm coming.
bot      What would you like to do?
         [New booking] [My bookings] [Move an appointment] [Cancel an appointment] [Change my details]
         (Help)
now      2026-12-06 12:30
later
bot      A reminder of your appointment:
         Code: MHX K76
         Municipality of Kalamata, Housing Benefit
         Tuesday 8 December 2026, 12:30–13:00 (time of Athens)
         In person
         Social Assistance Department
         Address: Social Assistance Department, Kalamata
         Please have with you:
         • Identity card or passport
         • Lease of your home
         If you can't make it, please cancel it here, so that somebody else can have the time.
         Telephone of the office: 2721000000
         Will you come?
         (I'm coming) (Another day or time) (Cancel the appointment) (My documents)
citizen  I can't make it
bot      Shall I cancel this appointment?
         Code: MHX K76
         Municipality of Kalamata, Housing Benefit
         Tuesday 8 December 2026, 12:30–13:00 (time of Athens)
         In person
         Social Assistance Department
         Address: Social Assistance Department, Kalamata
         [Yes, cancel it] [No, keep it]
         (Back) (Help)
citizen  no
bot      All right, your appointment stands.
bot      What would you like to do?
         [New booking] [My bookings] [Move an appointment] [Cancel an appointment] [Change my details]
         (Help)
citizen  [I'm coming]
bot      Thank you! We expect you: Tue 8 Dec 12:30, Housing Benefit.
bot      What would you like to do?
         [New booking] [My bookings] [Move an appointment] [Cancel an appointment] [Change my details]
         (Help)
