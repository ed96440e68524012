# From Viber to the page, in English: a stranger with the link gets nothing.
now      2026-11-30 09:00
platform webchat, en
chat     viber
quickly  Hello | Kalamata | Housing Benefit | no | 3/12 | 12:30 | Maria Papas | maria@example.gr | 6912345678 | 068933130 | I agree | yes
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
citizen  continue on the page
bot      Open this link on our page. It works once, within ten minutes. Please give it to nobody.
         • Our page: https://rantevou.kalamata.gr/j/6yng7by3a4rogubbbayn3bo47o
         There I'll ask you something, and then show you a number to write here.
bot      Which number of six digits do you see on our page? Write only one that you see there yourself, never one that somebody tells you.
         (Back) (Help)
chat     telegram
opens
bot      Hello! I'm Rantevou and I book appointments with your municipality. At any time you can write “help” or “back”.
bot      Shall I join this chat with another one?
         Other chat: Viber
         Since: 30 November 2026, 09:00
         Whoever writes there will see your appointments and details, and can change them. Answer “yes” only if that chat is your own, too, and you made the link there yourself. If somebody sent it to you, answer “no”.
         [Yes, that chat is mine] [No, don't join them]
         (Back) (Help)
citizen  yes
bot      Your number: 533 740
         Write it in your other chat, on Viber, within five minutes.
         Never tell this number to anybody who writes to you or calls you, not even if they say that they are from the municipality: they would see your appointments.
bot      With which municipality would you like an appointment?
         [Municipality of Kalamata] [Municipality of Larissa] [Municipality of Chios] [KEP – Citizens' Service Centres]
         (Help)
citizen  {number}
bot      I don't know that municipality. Please pick one, or write its name.
bot      With which municipality would you like an appointment?
         [Municipality of Kalamata] [Municipality of Larissa] [Municipality of Chios] [KEP – Citizens' Service Centres]
         (Help)
chat     page
opens
bot      Hello! I'm Rantevou and I book appointments with your municipality. At any time you can write “help” or “back”.
         Another chat has opened this link already. If that wasn't you, write no number in the chat that gave you the link, but “stop”, and ask for a new one.
bot      With which municipality would you like an appointment?
         [Municipality of Kalamata] [Municipality of Larissa] [Municipality of Chios] [KEP – Citizens' Service Centres]
         (Help)
chat     viber
citizen  stop
bot      All right, no chats are joined. The link isn't valid any more.
bot      What would you like to do?
         [New booking] [My bookings] [Move an appointment] [Cancel an appointment] [Change my details]
         (Help)
citizen  continue on the page
bot      Open this link on our page. It works once, within ten minutes. Please give it to nobody.
         • Our page: https://rantevou.kalamata.gr/j/2glshv3mts7zc6pz2lxxf4gkzx
         There I'll ask you something, and then show you a number to write here.
bot      Which number of six digits do you see on our page? Write only one that you see there yourself, never one that somebody tells you.
         (Back) (Help)
chat     page
opens
bot      Shall I join this chat with another one?
         Other chat: Viber
         Since: 30 November 2026, 09:00
         Whoever writes there will see your appointments and details, and can change them. Answer “yes” only if that chat is your own, too, and you made the link there yourself. If somebody sent it to you, answer “no”.
         [Yes, that chat is mine] [No, don't join them]
         (Back) (Help)
citizen  yes
bot      Your number: 707 049
         Write it in your other chat, on Viber, within five minutes.
         Never tell this number to anybody who writes to you or calls you, not even if they say that they are from the municipality: they would see your appointments.
bot      With which municipality would you like an appointment?
         [Municipality of Kalamata] [Municipality of Larissa] [Municipality of Chios] [KEP – Citizens' Service Centres]
         (Help)
chat     viber
citizen  {number}
bot      This chat and the one on our page are joined now: in both you see all of your appointments, and can change them. To part them again, write “part” in either.
bot      What would you like to do?
         [New booking] [My bookings] [Move an appointment] [Cancel an appointment] [Change my details]
         (Help)
outbox   webchat 2026-11-30 09:00 pending: joined
chat     page
later
bot      This chat and the one on Viber are joined now: in both you see all of your appointments, and can change them. To part them again, write “part” in either.
citizen  my bookings
bot      Appointment: Thu 3 Dec 12:30, Housing Benefit.
bot      Code: MHX K76
         Municipality of Kalamata, Housing Benefit
         Thursday 3 December 2026, 12:30–13:00 (time of Athens)
         In person
         Social Assistance Department
         Address: Social Assistance Department, Kalamata
         Full name: Maria Papas
         Email: maria@example.gr
         Mobile phone: 691 234 5678
         Tax number (AFM): 068933130
         What would you like to do with it?
         [Move an appointment] [Cancel an appointment] [Change my details] [My documents] [Withdraw my consent] [Nothing, keep it]
         (Back) (Help)
citizen  back
bot      What would you like to do?
         [New booking] [My bookings] [Move an appointment] [Cancel an appointment] [Change my details]
         (Help)
citizen  part
bot      Shall I part this chat from the one on Viber? Only the appointments that were booked here stay here. The others stay there.
         [Yes, part them] [No, leave them joined]
         (Back) (Help)
citizen  no
bot      All right, the chats stay joined.
bot      What would you like to do?
         [New booking] [My bookings] [Move an appointment] [Cancel an appointment] [Change my details]
         (Help)
