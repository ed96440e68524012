# Help and a way out in English on the shared number, where Twilio keeps words for itself
now      2026-11-30 09:00
platform sms, en
citizen  hello
bot      Appointments. Help: "menu".
         Which municipality?
         1 Municipality of Kalamata
         2 Municipality of Larissa
         3 Municipality of Chios
         4 KEP - Citizens' Service Centres
parts    1
citizen  KEP
bot      KEP - Citizens' Service Centres.
         Which group of services?
         1 Information - Application
         2 Services for Businesses
         3 Service for Citizens with Disabilities
         4 Service from your Municipality
parts    2
citizen  1
bot      How: By video call.
         Which day? Nov
         30 Mon 0 Dec
parts    1
citizen  0
bot      Which day? Dec
         1 Tue 2 Wed 3 Thu 4 Fri 7 Mon 8 Tue 9 Wed 10 Thu 11 Fri 14 Mon 15 Tue 16 Wed 17 Thu 18 Fri 21 Mon 22 Tue 23 Wed 24 Thu 28 Mon 29 Tue 0 More
parts    1
citizen  0
bot      Which day? Dec
         30 Wed 31 Thu 0 Jan
parts    1
citizen  1
bot      What time on Tue 1/12?
         1 09:00
         2 09:20
         3 09:40
         4 10:00
         5 10:20
         6 10:40
         7 11:00
         8 11:20
         9 11:40
         10 12:00
         11 12:20
         12 12:40
         13 13:00
         14 13:20
         15 13:40
parts    1
citizen  BACK
bot      Which day? Dec
         1 Tue 2 Wed 3 Thu 4 Fri 7 Mon 8 Tue 9 Wed 10 Thu 11 Fri 14 Mon 15 Tue 16 Wed 17 Thu 18 Fri 21 Mon 22 Tue 23 Wed 24 Thu 28 Mon 29 Tue 0 More
parts    1
citizen  2/12
bot      What time on Wed 2/12?
         1 09:00
         2 09:20
         3 09:40
         4 10:00
         5 10:20
         6 10:40
         7 11:00
         8 11:20
         9 11:40
         10 12:00
         11 12:20
         12 12:40
         13 13:00
         14 13:20
         15 13:40
parts    1
citizen  11:20
bot      Wed 2/12 11:20: kept for 10 minutes.
         What is the full name of the person the appointment is for?
parts    1
citizen  Ahmed Khan
bot      To which email address shall the office send the link for the call?
parts    1
citizen  ahmed@example.com
bot      What is the contact address?
         Street, number, postcode and town.
parts    1
citizen  MENU
bot      Write a number, or what you want: "back", "start over", "exit", "human", "my appointments". "small" for small letters.
         What is the contact address?
         Street, number, postcode and town.
parts    2
citizen  EXIT
bot      Shall we stop here? You would have to begin again.
         1 Yes, stop
         2 No, go on
parts    1
citizen  2
bot      What is the contact address?
         Street, number, postcode and town.
parts    1
citizen  small
bot      From now on I write in small letters.
         What is the contact address?
         Street, number, postcode and town.
parts    1
citizen  Patision 10, 10677 Athens
bot      What is the nationality of the person the appointment is for?
         1 Greek
         2 Other
parts    1
