# A citizen in Los Angeles: the morning in Larissa is the night before there
now      2026-11-30 09:00
platform webchat, en, America/Los_Angeles
quickly  Larissa | registry | civil partnership | video
bot      Which day? Free days in November 2026:
         [Mon 30 Nov]
         (Next month) (Back) (Help)
citizen  Wednesday
bot      What time on Wednesday 2 December?
         (time of Los Angeles)
         [00:00] [00:30] [01:00] [01:30] [02:00] [02:30] [03:00] [03:30] [22:00] [22:30] [23:00] [23:30]
         (Back) (Help)
citizen  10:30 pm
bot      I'm keeping this time for you for 10 minutes: Wednesday 2 December, 22:30 (time of Los Angeles).
bot      What is the full name of the person the appointment is for?
         (Back) (Help)
quickly  John Pappas | john@example.com | +1 213 373 4253 | skip
bot      Please check before I book:
         Municipality of Larissa, Application for a Civil Partnership
         By video call
         Wednesday 2 December 2026, 22:30–22:45 (time of Los Angeles)
         that is Thursday 3 December 2026, 08:30–08:45 in Athens
         Full name: John Pappas
         Email: john@example.com
         Mobile phone: +1 213-373-4253
         [Confirm: Wed 2 Dec, 22:30]
         (Change an answer) (Back) (Help)
citizen  confirm
bot      Your appointment is booked.
         Code: MHX K76
         Municipality of Larissa, Application for a Civil Partnership
         Wednesday 2 December 2026, 22:30–22:45 (time of Los Angeles)
         that is Thursday 3 December 2026, 08:30–08:45 in Athens
         By video call
         The office will send the link for the call to j…@example.com.
         Please have with you:
         • Identity card or passport
         • The civil partnership deed from the notary
         Have your documents at hand, and your identity card or passport, as you will be asked for it at the start.
         For a good video call:
         • Find a place without noise and with a good internet connection.
         • Before you join, turn on your camera and microphone.
         • On a Windows computer, it is best to use Teams in your web browser.
         • When you show a document, bring it close to the camera so that it fills the screen.
         • On a mobile phone, show documents with the main (rear) camera. They look clearer.
         Keep the code: with it and your phone number you can move or cancel from any chat.
         Telephone of the office: 2410000000
bot      What would you like to do?
         [New booking] [My bookings] [Move an appointment] [Cancel an appointment] [Change my details]
         (Help)
citizen  my bookings
bot      Appointment: Wed 2 Dec 22:30, Application for a Civil Partnership.
bot      Code: MHX K76
         Municipality of Larissa, Application for a Civil Partnership
         Wednesday 2 December 2026, 22:30–22:45 (time of Los Angeles)
         that is Thursday 3 December 2026, 08:30–08:45 in Athens
         By video call
         The office will send the link for the call to j…@example.com.
         Full name: John Pappas
         Email: john@example.com
         Mobile phone: +1 213-373-4253
         What would you like to do with it?
         [Move an appointment] [Cancel an appointment] [Change my details] [My documents] [Nothing, keep it]
         (Back) (Help)
