# Seen from Los Angeles, an appointment in person has the hours of Athens; the review shows both
now      2026-11-30 09:00
platform webchat, en, America/Los_Angeles
quickly  Larissa | registry | civil partnership | in person
bot      Which day? Free days in December 2026:
         [Tue 1 Dec] [Wed 2 Dec] [Thu 3 Dec] [Fri 4 Dec] [Mon 7 Dec] [Tue 8 Dec] [Wed 9 Dec] [Thu 10 Dec] [Fri 11 Dec] [Mon 14 Dec] [Tue 15 Dec] [Wed 16 Dec] [Thu 17 Dec] [Fri 18 Dec] [Mon 21 Dec] [Tue 22 Dec] [Wed 23 Dec] [Thu 24 Dec] [Mon 28 Dec] [Tue 29 Dec] [Wed 30 Dec] [Thu 31 Dec]
         (Next month) (Back) (Help)
citizen  Wednesday
bot      What time on Wednesday 2 December?
         [08:00] [08:30] [09:00] [09:30] [10:00] [10:30] [11:00] [11:30] [12:00] [12:30] [13:00] [13:30]
         (Back) (Help)
citizen  8:30
bot      I'm keeping this time for you for 10 minutes: Wednesday 2 December, 08:30.
bot      What is the full name of the person the appointment is for?
         (Back) (Help)
quickly  John Pappas | john@example.com | +1 213 373 4253 | skip
bot      Please check before I book:
         Municipality of Larissa, Application for a Civil Partnership
         Registry Office - Municipal Register
         In person
         Wednesday 2 December 2026, 08:30–08:45 (time of Athens)
         that is Tuesday 1 December 2026, 22:30–22:45 in Los Angeles
         Full name: John Pappas
         Email: john@example.com
         Mobile phone: +1 213-373-4253
         [Confirm: Wed 2 Dec, 08:30]
         (Change an answer) (Back) (Help)
citizen  confirm
bot      Your appointment is booked.
         Code: MHX K76
         Municipality of Larissa, Application for a Civil Partnership
         Wednesday 2 December 2026, 08:30–08:45 (time of Athens)
         that is Tuesday 1 December 2026, 22:30–22:45 in Los Angeles
         In person
         Registry Office - Municipal Register
         Address: Registry Office - Municipal Register, Larissa
         Please have with you:
         • Identity card or passport
         • The civil partnership deed from the notary
         Please come to the office five minutes early, with your documents.
         Keep the code: with it and your phone number you can move or cancel from any chat.
         Telephone of the office: 2410000000
bot      What would you like to do?
         [New booking] [My bookings] [Move an appointment] [Cancel an appointment] [Change my details]
         (Help)
