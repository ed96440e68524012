# An English speaker books in Larissa in person, for a new electricity supply
now      2026-11-30 09:00
platform webchat, en
citizen  Hi
bot      Hello! I'm Rantevou and I book appointments with your municipality. At any time you can write “help” or “back”.
bot      With which municipality would you like an appointment?
         [Municipality of Kalamata] [Municipality of Larissa] [Municipality of Chios] [KEP – Citizens' Service Centres]
         (Help)
citizen  Larissa
bot      Which group of services?
         [Registry Office - Municipal Register] [Financial Services - Revenue]
         (Back) (Help)
citizen  Financial
bot      Group of services: Financial Services - Revenue.
bot      Which service?
         [Application to change a property's use rate (BUSINESS/HOME)] [Application to split electricity supplies] [Application for electricity at a construction site] [Application for electricity in shared areas] [Application for electricity for solar panels] [Application for a new electricity supply] [Application to merge electricity supplies] [Application for a certificate of no TAP owed (building)] [Application for a certificate of no TAP owed (plot of land)] [Application to correct a property's square metres] [Application – Declaration of a property without electricity]
         (Back) (Help)
citizen  more
bot      Please pick a service, or write its name.
bot      Which service?
         [Application to change a property's use rate (BUSINESS/HOME)] [Application to split electricity supplies] [Application for electricity at a construction site] [Application for electricity in shared areas] [Application for electricity for solar panels] [Application for a new electricity supply] [Application to merge electricity supplies] [Application for a certificate of no TAP owed (building)] [Application for a certificate of no TAP owed (plot of land)] [Application to correct a property's square metres] [Application – Declaration of a property without electricity]
         (Back) (Help)
citizen  [Application for a new electricity supply]
bot      Place: Financial Services - Revenue.
bot      How would you like the appointment?
         [By video call] [In person]
         (Back) (Help)
citizen  in person
bot      Which day? Free days in December 2026:
         [Tue 1 Dec] [Wed 2 Dec] [Thu 3 Dec] [Fri 4 Dec] [Mon 7 Dec] [Tue 8 Dec] [Wed 9 Dec] [Thu 10 Dec] [Fri 11 Dec] [Mon 14 Dec] [Tue 15 Dec] [Wed 16 Dec] [Thu 17 Dec] [Fri 18 Dec] [Mon 21 Dec] [Tue 22 Dec] [Wed 23 Dec] [Thu 24 Dec] [Mon 28 Dec] [Tue 29 Dec] [Wed 30 Dec] [Thu 31 Dec]
         (Next month) (Back) (Help)
citizen  December 4
bot      What time on Friday 4 December?
         [08:00] [08:30] [09:00] [09:30] [10:00] [10:30] [11:00] [11:30] [12:00] [12:30] [13:00] [13:30]
         (Back) (Help)
citizen  11:30
bot      I'm keeping this time for you for 10 minutes: Friday 4 December, 11:30.
bot      What is the full name of the person the appointment is for?
         (Back) (Help)
citizen  Jane Brown
bot      At which email address may the office write to you, if need be?
         (optional)
         [Skip]
         (Back) (Help)
citizen  jane@example.com
bot      Which mobile number can we reach you on about the appointment?
         (Back) (Help)
citizen  6912345678
bot      What else would you like us to know?
         (optional)
         [Skip]
         (Back) (Help)
citizen  I have the building permit only as a copy
bot      Please check before I book:
         Municipality of Larissa, Application for a new electricity supply
         Financial Services - Revenue
         In person
         Friday 4 December 2026, 11:30–11:45 (time of Athens)
         Full name: Jane Brown
         Email: jane@example.com
         Mobile phone: 691 234 5678
         Notes: I have the building permit only as a copy
         [Confirm: Fri 4 Dec, 11:30]
         (Change an answer) (Back) (Help)
citizen  confirm
bot      Your appointment is booked.
         Code: MHX K76
         Municipality of Larissa, Application for a new electricity supply
         Friday 4 December 2026, 11:30–11:45 (time of Athens)
         In person
         Financial Services - Revenue
         Address: Financial Services, Larissa
         Please have with you:
         • Identity card or passport
         • Building permit
         • Title deed or lease
         Please come to the office five minutes early, with your documents.
         Keep the code: with it and your phone number you can move or cancel from any chat.
         Telephone of the office: 2410000000
bot      What would you like to do?
         [New booking] [My bookings] [Move an appointment] [Cancel an appointment] [Change my details]
         (Help)
