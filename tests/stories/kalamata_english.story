# An English speaker books the guaranteed minimum income in Kalamata
now      2026-11-30 09:00
platform webchat, en
citizen  hello
bot      Hello! I'm Rantevou and I book appointments with your municipality. At any time you can write “help” or “back”.
bot      With which municipality would you like an appointment?
         [Municipality of Kalamata] [Municipality of Larissa] [Municipality of Chios] [KEP – Citizens' Service Centres]
         (Help)
citizen  [Municipality of Kalamata]
bot      Group of services: Welfare Directorate – Social Assistance Department.
bot      Which service?
         [Housing Benefit] [Guaranteed Minimum Income programme (EEE/KEA)]
         (Back) (Help)
citizen  guaranteed minimum income
bot      Service: Guaranteed Minimum Income programme (EEE/KEA).
         Place: Social Assistance Department.
         How: In person.
bot      Which day? Free days in December 2026:
         [Tue 1 Dec] [Wed 2 Dec] [Thu 3 Dec] [Fri 4 Dec] [Mon 7 Dec] [Tue 8 Dec] [Wed 9 Dec] [Thu 10 Dec] [Fri 11 Dec] [Mon 14 Dec] [Tue 15 Dec] [Wed 16 Dec] [Thu 17 Dec] [Fri 18 Dec] [Mon 21 Dec] [Tue 22 Dec] [Wed 23 Dec] [Thu 24 Dec] [Mon 28 Dec] [Tue 29 Dec] [Wed 30 Dec] [Thu 31 Dec]
         (Next month) (Back) (Help)
citizen  Thursday
bot      What time on Thursday 3 December?
         [12:30] [13:10] [13:50]
         (Back) (Help)
citizen  1:10 pm
bot      I'm keeping this time for you for 10 minutes: Thursday 3 December, 13:10.
bot      What is the full name of the person the appointment is for?
         (Back) (Help)
citizen  Anna Nowak
bot      At which email address may the office write to you, if need be?
         (optional)
         [Skip]
         (Back) (Help)
citizen  anna@example.com
bot      Which mobile number can we reach you on about the appointment?
         (Back) (Help)
citizen  0030 691 234 5678
bot      What is the tax number (AFM) of the person the appointment is for?
         The tax number has nine digits.
         (Back) (Help)
citizen  EL 068933130
bot      Sample text: The details I gave are true. I freely consent to their use by the responsible employees of the Municipality of Kalamata for my request. I understand that I may ask to see or correct them, and that I may withdraw my consent whenever I wish.
         [I agree] [I don't agree]
         (Back) (Help)
citizen  yes
bot      Please check before I book:
         Municipality of Kalamata, Guaranteed Minimum Income programme (EEE/KEA)
         Social Assistance Department
         In person
         Thursday 3 December 2026, 13:10–13:40 (time of Athens)
         Full name: Anna Nowak
         Email: anna@example.com
         Mobile phone: 691 234 5678
         Tax number (AFM): 068933130
         [Confirm: Thu 3 Dec, 13:10]
         (Change an answer) (Back) (Help)
citizen  ok
bot      Your appointment is booked.
         Code: MHX K76
         Municipality of Kalamata, Guaranteed Minimum Income programme (EEE/KEA)
         Thursday 3 December 2026, 13:10–13:40 (time of Athens)
         In person
         Social Assistance Department
         Address: Social Assistance Department, Kalamata
         Please have with you:
         • Identity card or passport
         • Income tax assessment
         Please come to the Department five minutes early, with your documents.
         Keep the code: with it and your phone number you can move or cancel from any chat.
         Telephone of the office: 2721000000
bot      What would you like to do?
         [New booking] [My bookings] [Move an appointment] [Cancel an appointment] [Change my details]
         (Help)
