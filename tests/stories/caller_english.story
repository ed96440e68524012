# A manager books for somebody at the counter, begins again for another, and stops
now      2026-11-30 09:00
platform webchat, en
citizen  Hi
bot      Hello! I'm Rantevou and I book appointments with your municipality. At any time you can write “help” or “back”.
bot      With which municipality would you like an appointment?
         [Municipality of Kalamata] [Municipality of Larissa] [Municipality of Chios] [KEP – Citizens' Service Centres]
         (Help)
linked   larissa
follows  caller
bot      Municipality of Larissa.
bot      You are booking for somebody else.
         Which group of services?
         [Registry Office - Municipal Register] [Financial Services - Revenue]
         (Back) (Help)
citizen  Registry
bot      Group of services: Registry Office - Municipal Register.
bot      You are booking for somebody else.
         Which service?
         [Application for a Civil Partnership] [Application to Transfer Municipal Registration]
         (Back) (Help)
citizen  2
bot      Place: Registry Office - Municipal Register.
bot      You are booking for somebody else.
         How would you like the appointment?
         [By video call] [In person]
         (Back) (Help)
citizen  in person
bot      You are booking for somebody else.
         Which day? Free days in November 2026:
         [Mon 30 Nov]
         (Next month) (Back) (Help)
citizen  today at 12:00
bot      I'm keeping this time for you for 10 minutes: Monday 30 November, 12:00.
bot      You are booking for somebody else.
         What is the full name of the person the appointment is for?
         (Back) (Help)
citizen  Jane Brown
bot      You are booking for somebody else.
         At which email address may the office write to you, if need be?
         (optional)
         [Skip]
         (Back) (Help)
citizen  start over
bot      Let's start from the beginning.
         Municipality of Larissa.
bot      You are booking for somebody else.
         Which group of services?
         [Registry Office - Municipal Register] [Financial Services - Revenue]
         (Back) (Help)
citizen  Registry
bot      Group of services: Registry Office - Municipal Register.
bot      You are booking for somebody else.
         Which service?
         [Application for a Civil Partnership] [Application to Transfer Municipal Registration]
         (Back) (Help)
citizen  2
bot      Place: Registry Office - Municipal Register.
bot      You are booking for somebody else.
         How would you like the appointment?
         [By video call] [In person]
         (Back) (Help)
citizen  in person
bot      You are booking for somebody else.
         Which day? Free days in November 2026:
         [Mon 30 Nov]
         (Next month) (Back) (Help)
citizen  today
bot      You are booking for somebody else.
         What time on Monday 30 November?
         [09:00] [09:30] [10:00] [10:30] [11:00] [11:30] [12:00] [12:30] [13:00] [13:30]
         (Back) (Help)
citizen  12:00
bot      I'm keeping this time for you for 10 minutes: Monday 30 November, 12:00.
bot      You are booking for somebody else.
         What is the full name of the person the appointment is for?
         (Back) (Help)
citizen  John Smith
bot      You are booking for somebody else.
         At which email address may the office write to you, if need be?
         (optional)
         [Skip]
         (Back) (Help)
citizen  back
bot      You are booking for somebody else.
         What is the full name of the person the appointment is for?
         [John Smith]
         (Back) (Help)
citizen  stop
bot      You are booking for somebody else.
         Shall we stop here? You would have to begin again.
         [Yes, stop] [No, go on]
         (Back) (Help)
citizen  yes
bot      All right, I've stopped. Nothing was booked or changed.
bot      What would you like to do?
         [New booking] [My bookings]
         (Book for somebody else) (Help)
citizen  new booking
bot      With which municipality would you like an appointment?
         [Municipality of Kalamata] [Municipality of Larissa] [Municipality of Chios] [KEP – Citizens' Service Centres]
         (Help)
