# A foreigner books KEP by video with a passport and a residence document
now      2026-11-30 09:00
platform webchat, en
citizen  Hello, I want an appointment with KEP
bot      Hello! I'm Rantevou and I book appointments with your municipality. At any time you can write “help” or “back”.
         KEP – Citizens' Service Centres.
bot      Which group of services?
         [Information – Application] [Services for Businesses] [Service for Citizens with Disabilities] [Service from your Municipality]
         (Back) (Help)
citizen  kep
bot      Please pick a group of services, or write its name.
bot      Which group of services?
         [Information – Application] [Services for Businesses] [Service for Citizens with Disabilities] [Service from your Municipality]
         (Back) (Help)
citizen  Information – Application
bot      Service: Information – Application.
         Place: myKEPlive central service.
         How: By video call.
bot      Which day? Free days in November 2026:
         [Mon 30 Nov]
         (Next month) (Back) (Help)
citizen  Dec 1
bot      What time on Tuesday 1 December?
         [09:00] [09:20] [09:40] [10:00] [10:20] [10:40] [11:00] [11:20] [11:40] [12:00] [12:20] [12:40] [13:00] [13:20] [13:40]
         (Back) (Help)
citizen  9:20
bot      I'm keeping this time for you for 10 minutes: Tuesday 1 December, 09:20.
bot      What is the full name of the person the appointment is for?
         (Back) (Help)
citizen  Ahmed Khan
bot      To which email address shall the office send the link for the call?
         (Back) (Help)
citizen  ahmed@example.com
bot      Which mobile number can we reach you on about the appointment?
         (Back) (Help)
citizen  6912345678
bot      What is the contact address?
         Street, number, postcode and town.
         (Back) (Help)
citizen  Patision 10, 10677 Athens
bot      What is the nationality of the person the appointment is for?
         [Greek] [Other]
         (Back) (Help)
citizen  other
bot      What is the passport number?
         (Back) (Help)
citizen  AE1234567
bot      What is the number of the residence document?
         It is written on your residence permit or certificate.
         (Back) (Help)
citizen  RP 55321
bot      What is it about?
         Choose one or type your own.
         [Criminal record certificate] [Military service certificate] [Social security number (AMKA)] [Driving licence] [Application for a benefit] [Tax clearance certificate]
         (Back) (Help)
citizen  Renewing my residence permit
bot      How would you like to receive the document you will ask for?
         [By email] [From a KEP] [By courier] [I only need information]
         (Back) (Help)
citizen  By courier
bot      Do you need an interpreter in the video call?
         [No] [Greek Sign Language] [Lip-reading]
         (Back) (Help)
citizen  No
bot      What else would you like us to know?
         (optional)
         [Skip]
         (Back) (Help)
citizen  Skip
bot      Sample text: I understand that the KEP employee will check my identity and serve me by live video, which is not stored. I agree that the details I gave may be used for my appointment.
         [I agree] [I don't agree]
         (Back) (Help)
citizen  I agree
bot      Please check before I book:
         KEP – Citizens' Service Centres, Information – Application
         By video call
         Tuesday 1 December 2026, 09:20–09:40 (time of Athens)
         Full name: Ahmed Khan
         Email: ahmed@example.com
         Mobile phone: 691 234 5678
         Contact address: Patision 10, 10677 Athens
         Nationality: Other
         Passport number: AE1234567
         Residence document: RP 55321
         Subject: Renewing my residence permit
         Way of receiving: By courier
         Interpreter: No
         [Confirm: Tue 1 Dec, 09:20]
         (Change an answer) (Back) (Help)
citizen  Yes
bot      Your appointment is booked.
         Code: MHX K76
         KEP – Citizens' Service Centres, Information – Application
         Tuesday 1 December 2026, 09:20–09:40 (time of Athens)
         By video call
         The office will send the link for the call to a…@example.com.
         Please have with you:
         • Identity card or, for foreign citizens, passport and residence document
         Have your identity card at hand or, if you are not a Greek citizen, your passport and residence document. You will be asked for them at the start.
         For a good video call:
         • Sit somewhere quiet, with a good internet connection.
         • Turn on your camera and microphone before you join.
         • On a Windows computer, it is best to use Teams in your web browser.
         • When you show a document, bring it close to the camera so that it fills the screen.
         • On a mobile phone, show documents with the main (rear) camera. They look clearer.
         Keep the code: with it and your phone number you can move or cancel from any chat.
         Telephone of the office: 2100000000
bot      What would you like to do?
         [New booking] [My bookings] [Move an appointment] [Cancel an appointment] [Change my details]
         (Help)
