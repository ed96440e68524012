# An English speaker books a telephone appointment with the property department of Chios
now      2026-11-30 09:00
platform webchat, en
citizen  Hello
bot      Hello! I'm Rantevou and I book appointments with your municipality. At any time you can write “help” or “back”.
bot      With which municipality would you like an appointment?
         [Municipality of Kalamata] [Municipality of Larissa] [Municipality of Chios] [KEP – Citizens' Service Centres]
         (Help)
citizen  chios
bot      Which group of services?
         [Community Centre] [Women's Counselling and Support Centres] [Municipal Property Department]
         (Back) (Help)
citizen  property
bot      Group of services: Municipal Property Department.
         Service: Information on renting municipal property.
         Place: Municipal Property Department.
bot      How would you like the appointment?
         [In person] [By telephone]
         (Back) (Help)
citizen  by telephone
bot      Which day? Free days in December 2026:
         [Tue 1 Dec] [Thu 3 Dec] [Tue 8 Dec] [Thu 10 Dec] [Tue 15 Dec] [Thu 17 Dec] [Tue 22 Dec] [Thu 24 Dec] [Tue 29 Dec] [Thu 31 Dec]
         (Next month) (Back) (Help)
citizen  back
bot      How would you like the appointment?
         [In person] [By telephone]
         (Back) (Help)
citizen  telephone
bot      Which day? Free days in December 2026:
         [Tue 1 Dec] [Thu 3 Dec] [Tue 8 Dec] [Thu 10 Dec] [Tue 15 Dec] [Thu 17 Dec] [Tue 22 Dec] [Thu 24 Dec] [Tue 29 Dec] [Thu 31 Dec]
         (Next month) (Back) (Help)
citizen  tomorrow
bot      What time on Tuesday 1 December?
         [09:00] [09:30] [10:00] [10:30] [11:00] [11:30] [12:00] [12:30]
         (Back) (Help)
citizen  Thursday
bot      What time on Thursday 3 December?
         [09:00] [09:30] [10:00] [10:30] [11:00] [11:30] [12:00] [12:30]
         (Back) (Help)
citizen  10:30
bot      I'm keeping this time for you for 10 minutes: Thursday 3 December, 10:30.
bot      What is the full name of the person the appointment is for?
         (Back) (Help)
citizen  John Smith
bot      At which email address may the office write to you, if need be?
         (optional)
         [Skip]
         (Back) (Help)
citizen  john@example.com
bot      What is the home address?
         (optional)
         [Skip]
         (Back) (Help)
citizen  skip
bot      Which mobile number can we reach you on about the appointment?
         (Back) (Help)
citizen  +44 7911 123456
bot      What do you need so that we can serve you better?
         For example, wheelchair access.
         (optional)
         [Skip]
         (Back) (Help)
citizen  none
bot      What else would you like us to know?
         (optional)
         [Skip]
         (Back) (Help)
citizen  no
bot      Sample text: The details I gave are true, and I agree that the Municipality of Chios may use them for my appointment.
         [I agree] [I don't agree]
         (Back) (Help)
citizen  I agree
bot      Please check before I book:
         Municipality of Chios, Information on renting municipal property
         By telephone
         Thursday 3 December 2026, 10:30–10:50 (time of Athens)
         Full name: John Smith
         Email: john@example.com
         Mobile phone: +44 7911 123456
         [Confirm: Thu 3 Dec, 10:30]
         (Change an answer) (Back) (Help)
citizen  yes
bot      Your appointment is booked.
         Code: MHX K76
         Municipality of Chios, Information on renting municipal property
         Thursday 3 December 2026, 10:30–10:50 (time of Athens)
         By telephone
         We will call you at the number that ends in 56.
         Please have with you:
         • Identity card or passport
         At the time of the appointment, keep your phone near you and switched on.
         Keep the code: with it and your phone number you can move or cancel from any chat.
         Telephone of the office: 2271350004
bot      What would you like to do?
         [New booking] [My bookings] [Move an appointment] [Cancel an appointment] [Change my details]
         (Help)
