"""What is said aloud, on the telephone, otherwise than it is written elsewhere."""

from collections.abc import Mapping

from core.i18n import TextTemplate, _

_PICK = _("Please press the key of your choice, or say it.")
_SAY_DAY = _("Please press the key of a day, or say the day, such as Friday.")
_SAY_TIME = _("Please press the key of a time, or say the time, such as half past ten.")
_HELP = _(
    "Press the key of your choice, or say it. The star takes you back, the hash repeats, and zero "
    "leads to an employee."
)
_NO_SUCH_KEY = _("That key has no choice.")
_AGAIN = _("Please say it again.")
_KEY_CODE = _("A code has six letters and digits. Please key it again.")
_CALL_AGAIN = _("For changes, call this number again.")

_KEY_PHONE = _("Please key the ten digits of the telephone number.")

_PAIRS: tuple[tuple[TextTemplate, TextTemplate], ...] = (
    # What an appointment is
    (
        _("Your appointment is booked: {day} {time}, {service}, {place}. Code: {code}."),
        _(
            "Your appointment is booked. {day}, {time}. {service}. {place}.\n"
            "Your code: {code}.\n"
            "Once more: {code}."
        ),
    ),
    (
        _("Your appointment was moved: {day} {time}, {service}, {place}. Code: {code}."),
        _(
            "Your appointment was moved. {day}, {time}. {service}. {place}.\n"
            "Your code: {code}.\n"
            "Once more: {code}."
        ),
    ),
    (
        _("Your appointment is on {day} at {time}, {service}, {place}. Code: {code}."),
        _("I'm reminding you of your appointment. {day}, {time}. {service}. {place}."),
    ),
    (_("Changes: {phone}"), _CALL_AGAIN),
    (_("Changes: CHANGE {code}"), _CALL_AGAIN),
    (_("Telephone of the office: {phone}"), _("For another one, call this number again.")),
    (_("{time}: kept for {count} minutes."), _("I am keeping it for you for {count} minutes.")),
    (
        _("I could keep this time only until now: {time}. I have kept all that you wrote."),
        _("I could keep that time only until now. I have kept all that you said."),
    ),
    (_("{day}, {start}–{end} (time of {zone})"), _("{day}, {start}")),
    (_("that is {day}, {start}–{end} in {zone}"), _("That is {start} in {zone}.")),
    (
        _("Your appointment was moved: {appointment}. Code: {code}."),
        _("Your appointment was moved. {appointment}. The code is as it was."),
    ),
    (_("{day} {time}, {service}"), _("{day}, {time}, {service}")),
    (_("Yes, move it to {time}"), _("Yes, move it")),
    (
        _("Your appointment was cancelled: {day} {time}, {service}."),
        _("Your appointment was cancelled: {day}, {time}. {service}."),
    ),
    # Questions
    (_("Which day? {month}"), _("Which day would suit you?")),
    (_("Which municipality?"), _("With which municipality would you like an appointment?")),
    (_("Previous month"), _("The month before")),
    (_("Next month"), _("The next month")),
    (_("More"), _("To hear more")),
    (_("The first ones"), _("To hear the first ones again")),
    (_("Show all"), _("To hear all of them")),
    (_("What would you like to do?"), _("What else can I do for you? If nothing, just hang up.")),
    (
        _("We're in the middle of something: “{task}”. Shall I leave it and go to “{other}”?"),
        _("We haven't finished this: {task}. Shall we leave it?"),
    ),
    # What wasn't understood
    (_("Please pick one of the answers below."), _PICK),
    (_("Please pick one of the tasks below."), _PICK),
    (_("Please pick one of the appointments below."), _PICK),
    (_("Please pick how you would like the appointment."), _PICK),
    (_("Please pick a group of services, or write its name."), _PICK),
    (_("Please pick a service, or write its name."), _PICK),
    (_("Please pick an office, or write its name."), _PICK),
    (_("I don't know that municipality. Please pick one, or write its name."), _PICK),
    (_("Please answer “I agree” or “I don't agree”."), _PICK),
    (_("Write “confirm” to book, or “change” to change an answer."), _PICK),
    (_("Write “menu” to see what I can do."), _PICK),
    (_("Please pick a free day, or write a date such as 3/12."), _SAY_DAY),
    (_("There is no such day. Please write a date such as 3/12."), _SAY_DAY),
    (_("Please pick a free time, or write it like 10:30."), _SAY_TIME),
    (_("Please write it here."), _AGAIN),
    (_("I don't know that button."), _NO_SUCH_KEY),
    (_("That button is no longer in use."), _NO_SUCH_KEY),
    (_("The button “{label}” was for an earlier question."), _NO_SUCH_KEY),
    (
        _("The button “{label}” was for an earlier question: {step}. Nothing has changed."),
        _NO_SUCH_KEY,
    ),
    (_("I don't know that command. Write “help” to see what I can do."), _HELP),
    (
        _(
            "Pick an answer by tapping it, or write its number or its name. "
            "You can also write at any time: “back”, “start over”, “cancel”, “about the service”, "
            "“useful links”, “human”, “my bookings”, “language”, “time zone”, “preferences”."
        ),
        _HELP,
    ),
    (
        _(
            "Write a number, or what you want: “back”, “start over”, “exit”, “human”, “my "
            "appointments”. “small” for small letters."
        ),
        _HELP,
    ),
    (
        _("Your message is too long. Please write up to {count} characters."),
        _("That was too long for me. Please say it in few words."),
    ),
    (_("Is the name “{name}”?"), _("Is the name {name}?")),
    (
        _("Is the name only “{name}”? Else please write name and surname."),
        _("Is the name only {name}? Else please say name and surname."),
    ),
    (
        _("A name has letters only. For example: Maria Papadopoulou."),
        _("Please say the name once more: first name, then surname."),
    ),
    (
        _("A telephone number has digits only. For example: 6912345678."),
        _KEY_PHONE,
    ),
    (
        _("A tax number (ΑΦΜ) has 9 digits. For example: 068933130."),
        _("Please key the nine digits of the tax number."),
    ),
    (
        _("This tax number (ΑΦΜ) isn't valid. Please check its digits."),
        _("This tax number isn't right. Please key it again."),
    ),
    (_("This telephone number doesn't look right. For example: 6912345678."), _KEY_PHONE),
    (
        _(
            "There is no such telephone number. For example: 6912345678, "
            "or +61 412 345 678 from abroad."
        ),
        _("There is no such telephone number. Please key it again."),
    ),
    (
        _("A Greek telephone number has 10 digits, this one has {count}. For example: 6912345678."),
        _KEY_PHONE,
    ),
    (_("A code has six letters and digits. For example: KX7 M2P."), _KEY_CODE),
    (
        _(
            "The code is in the confirmation, like KX7 M2P. If you don't have it, write “lost "
            "code”."
        ),
        _KEY_CODE,
    ),
    (
        _(
            "The office needs this for the appointment. If you can't give it, talk to an "
            "employee: write “human”."
        ),
        _("The office needs this for the appointment. If you don't have it, press zero."),
    ),
    (
        _(
            "Without your consent I can't make this booking here. You can agree now, "
            "or talk to an employee: write “human”."
        ),
        _(
            "Without your consent I can't book it here. You can agree now, or press zero for an "
            "employee."
        ),
    ),
    (
        _("I find no appointment made in this chat. If you booked elsewhere, use its code."),
        _("I find your appointment by its code."),
    ),
    (_("This is the first question."), _("We are at the first question.")),
)

SPOKEN: Mapping[str, TextTemplate] = {written.message: said for written, said in _PAIRS}
"""The spoken texts by the written ones; placeholders may be left out."""
