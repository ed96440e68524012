# By voice, in English, from a hidden number; then found by its code, moved and cancelled
now      2026-11-30 09:00
platform voice, el
calls
bot      Γεια σας. Εδώ κλείνετε ραντεβού από το τηλέφωνο.
         For English, press nine.
         Μπορείτε να μιλάτε ή να πατάτε τα πλήκτρα. Για υπάλληλο, πατήστε μηδέν.
         Σε ποιον δήμο θέλετε ραντεβού;
         Δήμος Καλαμάτας, πατήστε ένα.
         Δήμος Λαρισαίων, πατήστε δύο.
         Δήμος Χίου, πατήστε τρία.
         Κεπ, Κέντρα Εξυπηρέτησης Πολιτών, πατήστε τέσσερα.
presses  9
bot      From now on I speak English.
         Για Ελληνικά, πατήστε εννέα.
         With which municipality would you like an appointment?
         Municipality of Kalamata, press one.
         Municipality of Larissa, press two.
         Municipality of Chios, press three.
         kep, Citizens' Service Centres, press four.
says     Municipality of Kalamata
bot      Which service?
         Housing Benefit, press one.
         Minimum Income, press two.
says     housing benefit
bot      Do you already receive the housing benefit?
         No, press one.
         Yes, press two.
presses  1
bot      Which day would suit you?
         Tuesday the first of December, press one.
         Wednesday the second of December, press two.
         Thursday the third of December, press three.
         Friday the fourth of December, press four.
         Monday the seventh of December, press five.
         Tuesday the eighth of December, press six.
         Wednesday the ninth of December, press seven.
         Thursday the tenth of December, press eight.
         To hear more, press nine.
presses  1
bot      What time on Tuesday the first of December?
         twelve thirty in the afternoon, press one.
         one ten in the afternoon, press two.
         one fifty in the afternoon, press three.
says     Friday
bot      What time on Friday the fourth of December?
         twelve thirty in the afternoon, press one.
         one ten in the afternoon, press two.
         one fifty in the afternoon, press three.
says     half past twelve
bot      I am keeping it for you for 10 minutes.
         What is the full name of the person the appointment is for?
says     John Smith
bot      I heard: John Smith. Is that right?
         Yes, press one.
         No, I say it again, press two.
presses  1
bot      Which mobile number can we reach you on about the appointment?
presses  2721054321
bot      What is the tax number of the person the appointment is for?
         The tax number has nine digits.
presses  068933130
bot      Friday the fourth of December, twelve thirty in the afternoon, Housing Benefit.
         Sample: I consent to the use of my details for this appointment. I may withdraw at any time.
         I agree, press one.
         I don't agree, press two.
says     I agree
bot      Your appointment is booked. Friday the fourth of December, twelve thirty in the afternoon. Housing Benefit. Social Assistance Department, Kalamata.
         Your code: M as in Mary. H as in hotel. X as in X-ray. K as in king. seven. six.
         Once more: M as in Mary. H as in hotel. X as in X-ray. K as in king. seven. six. For changes, call this number again.
         What else can I do for you? If nothing, just hang up.
         New booking, press one.
         My bookings, press two.
         Move an appointment, press three.
         Cancel an appointment, press four.
         Change my details, press five.
says     cancel my appointment
bot      Please key the code of the appointment. It has six letters and digits: for each letter, press the key that has it. If you don't have the code, press zero.
