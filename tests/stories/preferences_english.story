# The same in English, in the middle of a booking
now      2026-11-30 09:00
platform webchat, en
accounts email
quickly  Hello | Kalamata | Housing | no
bot      Which day? Free days in December 2026:
         [Tue 1 Dec] [Wed 2 Dec] [Thu 3 Dec] [Fri 4 Dec] [Mon 7 Dec] [Tue 8 Dec] [Wed 9 Dec] [Thu 10 Dec] [Fri 11 Dec] [Mon 14 Dec] [Tue 15 Dec] [Wed 16 Dec] [Thu 17 Dec] [Fri 18 Dec] [Mon 21 Dec] [Tue 22 Dec] [Wed 23 Dec] [Thu 24 Dec] [Mon 28 Dec] [Tue 29 Dec] [Wed 30 Dec] [Thu 31 Dec]
         (Next month) (Back) (Help)
citizen  quiet hours 22-9
bot      All right, I send you no reminders from 22:00 until 09:00 (time of Athens). What would be due then comes just before. I still tell you at once if something changes.
bot      Which day? Free days in December 2026:
         [Tue 1 Dec] [Wed 2 Dec] [Thu 3 Dec] [Fri 4 Dec] [Mon 7 Dec] [Tue 8 Dec] [Wed 9 Dec] [Thu 10 Dec] [Fri 11 Dec] [Mon 14 Dec] [Tue 15 Dec] [Wed 16 Dec] [Thu 17 Dec] [Fri 18 Dec] [Mon 21 Dec] [Tue 22 Dec] [Wed 23 Dec] [Thu 24 Dec] [Mon 28 Dec] [Tue 29 Dec] [Wed 30 Dec] [Thu 31 Dec]
         (Next month) (Back) (Help)
citizen  write to me on Signal by pigeon
bot      Please pick a free day, or write a date such as 3/12.
bot      Which day? Free days in December 2026:
         [Tue 1 Dec] [Wed 2 Dec] [Thu 3 Dec] [Fri 4 Dec] [Mon 7 Dec] [Tue 8 Dec] [Wed 9 Dec] [Thu 10 Dec] [Fri 11 Dec] [Mon 14 Dec] [Tue 15 Dec] [Wed 16 Dec] [Thu 17 Dec] [Fri 18 Dec] [Mon 21 Dec] [Tue 22 Dec] [Wed 23 Dec] [Thu 24 Dec] [Mon 28 Dec] [Tue 29 Dec] [Wed 30 Dec] [Thu 31 Dec]
         (Next month) (Back) (Help)
citizen  write to me on the page
bot      I can't write to you first on our page: what I have to say waits there until you open it. So I write to you on the other ways that I know.
bot      Which day? Free days in December 2026:
         [Tue 1 Dec] [Wed 2 Dec] [Thu 3 Dec] [Fri 4 Dec] [Mon 7 Dec] [Tue 8 Dec] [Wed 9 Dec] [Thu 10 Dec] [Fri 11 Dec] [Mon 14 Dec] [Tue 15 Dec] [Wed 16 Dec] [Thu 17 Dec] [Fri 18 Dec] [Mon 21 Dec] [Tue 22 Dec] [Wed 23 Dec] [Thu 24 Dec] [Mon 28 Dec] [Tue 29 Dec] [Wed 30 Dec] [Thu 31 Dec]
         (Next month) (Back) (Help)
quickly  3/12 | 12:30 | Maria Papadopoulou | maria@example.gr | 6912345678 | 068933130 | I agree | yes
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
         We are sending the details by email to m…@example.gr, too.
bot      What would you like to do?
         [New booking] [My bookings] [Move an appointment] [Cancel an appointment] [Change my details]
         (Help)
outbox   email maria@example.gr: confirmed
citizen  write to me by e-mail
bot      From now on I write to you by email about your appointments, at the address that you gave for each. Where there is none, I write to you where you booked.
bot      What would you like to do?
         [New booking] [My bookings] [Move an appointment] [Cancel an appointment] [Change my details]
         (Help)
citizen  ελληνικά
bot      Από εδώ και πέρα μιλάμε ελληνικά.
bot      Τι θέλετε να κάνουμε;
         [Νέο ραντεβού] [Τα ραντεβού μου] [Αλλαγή ημέρας ή ώρας] [Ακύρωση ραντεβού] [Αλλαγή στοιχείων]
         (Βοήθεια)
citizen  english
bot      From now on I speak English.
bot      What would you like to do?
         [New booking] [My bookings] [Move an appointment] [Cancel an appointment] [Change my details]
         (Help)
citizen  preferences
bot      Your preferences
         I write to you: by email
         Language: English
         No reminders: 22:00–09:00 (time of Athens)
         [Where I write to you] [Quiet hours] [That's all for now]
         (Ελληνικά) (Back) (Help)
citizen  [That's all for now]
bot      What would you like to do?
         [New booking] [My bookings] [Move an appointment] [Cancel an appointment] [Change my details]
         (Help)
