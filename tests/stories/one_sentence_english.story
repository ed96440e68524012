# One sentence with all details, in English
now      2026-11-30 09:00
platform webchat, en
citizen  Hello, minimum income in Kalamata, Thursday at 12:30, my name is Ann Price, mobile 6912345678, email ann@example.gr, VAT number 068933130
bot      Hello! I'm Rantevou and I book appointments with your municipality. At any time you can write “help” or “back”.
         Municipality of Kalamata.
         Service: Guaranteed Minimum Income programme (EEE/KEA).
         I've noted: Thursday 3 December, 12:30, 691 234 5678, ann@example.gr, 068933130, Ann Price.
         Place: Social Assistance Department.
         How: In person.
         I'm keeping this time for you for 10 minutes: Thursday 3 December, 12:30.
bot      Sample text: The details I gave are true. I freely consent to their use by the responsible employees of the Municipality of Kalamata for my request. I understand that I may ask to see or correct them, and that I may withdraw my consent whenever I wish.
         [I agree] [I don't agree]
         (Back) (Help)
citizen  I agree
bot      Please check before I book:
         Municipality of Kalamata, Guaranteed Minimum Income programme (EEE/KEA)
         Social Assistance Department
         In person
         Thursday 3 December 2026, 12:30–13:00 (time of Athens)
         Full name: Ann Price
         Email: ann@example.gr
         Mobile phone: 691 234 5678
         Tax number (AFM): 068933130
         [Confirm: Thu 3 Dec, 12:30]
         (Change an answer) (Back) (Help)
citizen  yes
bot      Your appointment is booked.
         Code: MHX K76
         Municipality of Kalamata, Guaranteed Minimum Income programme (EEE/KEA)
         Thursday 3 December 2026, 12:30–13:00 (time of Athens)
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
