# What was said before the question: a channel that isn't offered, hours that aren't free
now      2026-11-30 09:00
platform webchat, en
citizen  I would like an appointment on Friday morning
bot      Hello! I'm Rantevou and I book appointments with your municipality. At any time you can write “help” or “back”.
         I've noted: Friday 4 December, before 12:00.
bot      With which municipality would you like an appointment?
         [Municipality of Kalamata] [Municipality of Larissa] [Municipality of Chios] [KEP – Citizens' Service Centres]
         (Help)
citizen  municipality of chios employment counselling by telephone
bot      Municipality of Chios.
         Service: Employment counselling.
         I've noted: By telephone.
         Place: Women's Counselling and Support Centre.
         This service gives no appointments this way: By telephone.
bot      How would you like the appointment?
         [By video call] [In person]
         (Back) (Help)
citizen  start over
bot      Let's start from the beginning.
bot      With which municipality would you like an appointment?
         [Municipality of Kalamata] [Municipality of Larissa] [Municipality of Chios] [KEP – Citizens' Service Centres]
         (Help)
citizen  chios employment counselling by video on friday in the evening
bot      Municipality of Chios.
         Service: Employment counselling.
         I've noted: By video call, Friday 4 December, from 17:00 on.
         Place: Women's Counselling and Support Centre.
         Nothing is free on that day from 17:00 on.
bot      What time on Friday 4 December?
         [09:00] [09:30] [10:00] [10:30] [11:00] [11:30] [12:00]
         (Back) (Help)
