"""The e-mails about an appointment, from the outbox to a mail server."""

import hmac
import re
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage

import pytest
from icalendar import Calendar
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.platforms.email.adapter import Email
from bot.platforms.email.settings import EmailAccount
from core.actor import Actor
from core.bookings import by_staff
from core.bookings.lost_codes import request_code, send_codes
from core.bookings.offers.making import make_offers, plan_offers
from core.bookings.reminder_links import reminder_token, stop_reminders
from core.db.models import Booking, MunicipalityRow, OutboxRow, Suppression
from tests.bot.delivery.test_office_changes import OPERATOR, REASON, cancel, change, move
from tests.bot.push_deployment import BOOK, DETAILS, PushDeployment
from tests.conftest import Deployment
from tests.core.bookings.offers.acting import ask_at
from tests.core.catalogue.test_crest import png
from tests.fakes.smtp_server import MailServer, mail_server

TO = DETAILS[1]
TELL_OFFICE = "Αν σας τύχει κάτι, ενημερώστε την υπηρεσία."
CODES = "SELECT code FROM bookings WHERE code IS NOT NULL"
LEASE = "Μισθωτήριο της κατοικίας"


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


@pytest.fixture
def town(push: PushDeployment, server: MailServer) -> PushDeployment:
    """A town that sends e-mails, and a citizen who has booked."""
    given = {"host": "127.0.0.1", "port": server.port, "tls": "none", "from": "rantevou@town.gr"}
    texts = push.deployment.services.texts
    push.platforms["email"] = Email("email", EmailAccount.model_validate(given), texts)
    push.deployment.talk(*BOOK, *DETAILS)
    return push


def parts(message: EmailMessage) -> dict[str, str]:
    """Return the contents of an e-mail by their type."""
    return {
        part.get_content_type(): part.get_content()
        for part in message.walk()
        if not part.is_multipart()
    }


def edit(session: Session, deployment: Deployment, booking: Booking) -> None:
    registry, now = deployment.services.registry, deployment.clock()
    by_staff.edit(session, registry, OPERATOR, booking, {"name": "Άννα Παππά"}, now)


def offer(session: Session, deployment: Deployment, booking: Booking) -> None:
    registry, now = deployment.services.registry, deployment.clock()
    ask_at(session, registry, booking, now)
    make_offers(session, registry, plan_offers(session, registry, now, 1), now, lambda: False)


def tick_lease(_session: Session, _deployment: Deployment, booking: Booking) -> None:
    booking.ready = [LEASE]


def test_a_confirmation_says_everything_and_needs_no_picture(
    town: PushDeployment, server: MailServer
) -> None:
    change(town.deployment, tick_lease)
    town.deliver(town.settled)
    (got,) = server.received
    message = got.message
    assert (message["To"], message["Content-Language"]) == (TO, "el")
    assert message["From"] == "Δήμος Καλαμάτας <rantevou@town.gr>"
    assert message["Reply-To"] == "info@kalamata.example"
    assert message["Subject"] == "Το ραντεβού σας κλείστηκε: Πέμ 3 Δεκ 12:30, Επίδομα Στέγασης"
    found = parts(message)
    assert list(found) == ["text/plain", "text/html", "text/calendar"]
    text, html, calendar = found.values()
    for said in (
        "Δήμος Καλαμάτας",
        "kalamata.example",
        "Για: Μαρία Παπαδοπούλου",
        "Το ραντεβού σας κλείστηκε.",
        "Πέμπτη 3 Δεκεμβρίου 2026, 12:30–13:00 (ώρα: Αθήνα)",
        "Φυσική παρουσία",
        "Τμήμα Κοινωνικής Αρωγής",
        "https://www.openstreetmap.org/",
        "Θα χρειαστείτε:",
        f"✓ {LEASE}",
        "rantevou.ics",
        "στάλθηκε αυτόματα",
    ):
        assert said in text, said
        assert said in html, said
    loads = r"<(img|script|link|iframe|form|input)\b|\bsrc=|url\(|@import"
    assert not re.search(loads, html), "it would load something, or could be answered"
    assert 'lang="el"' in html
    (event,) = Calendar.from_ical(calendar).walk("VEVENT")
    assert f"{event.decoded('dtstart'):%d %H:%M}" in ("03 10:30", "03 12:30")


def test_of_a_sample_municipality_it_says_so_first(
    town: PushDeployment, server: MailServer
) -> None:
    sample = update(MunicipalityRow).values(is_sample=True)
    town.deployment.database.write_sync(lambda session: session.execute(sample))
    town.deliver(town.settled)
    found = parts(server.received[0].message)
    said = "Μόνο για δοκιμή: Δήμος Καλαμάτας."
    assert found["text/plain"].startswith(said)
    html = found["text/html"]
    assert html.index(said) < html.index("Δήμος Καλαμάτας</div>")


def test_the_crest_comes_with_the_email_and_is_in_no_text(
    town: PushDeployment, server: MailServer
) -> None:
    body = town.deployment.services.registry["kalamata"].body
    crest = b64encode(png(300, 600)).decode()
    town.deployment.load(body.model_copy(update={"crest": crest}))
    town.deliver(town.settled)
    (got,) = server.received
    found = {part.get_content_type(): part for part in got.message.walk()}
    assert found["image/png"].get_content() == png(300, 600)
    assert found["image/png"]["Content-ID"] == "<crest>"
    assert found["image/png"].get_content_disposition() == "inline"
    html = found["text/html"].get_content()
    assert re.findall("<img [^>]*>", html)[0].startswith(
        '<img src="cid:crest" width="28" height="56" alt=""'
    )
    assert found["multipart/related"].get_content_type()
    assert "cid:" not in found["text/plain"].get_content()


def test_who_is_invited_gets_it_where_calendars_look_and_as_a_file(
    town: PushDeployment, server: MailServer
) -> None:
    body = town.deployment.services.registry["kalamata"].body
    contact = body.contact.model_copy(update={"calendar_email": "calendar@kalamata.example"})
    branches = tuple(each.model_copy(update={"contact": None}) for each in body.branches)
    town.deployment.load(body.model_copy(update={"contact": contact, "branches": branches}))
    town.deliver(town.settled)
    change(town.deployment, cancel)
    town.deliver(town.settled)
    for got, method in zip(server.received, ("REQUEST", "CANCEL"), strict=True):
        mixed = got.message
        alternative, attached = mixed.iter_parts()
        *_others, invitation = alternative.iter_parts()
        for part in (invitation, attached):
            assert part.get_content_type() == "text/calendar"
            assert part.get_param("method") == method
            assert f"METHOD:{method}" in part.get_content()
            assert f"mailto:{TO}" in re.sub(r"\r?\n ", "", part.get_content())
        assert attached.get_filename() == "rantevou.ics"
        assert invitation.get_content_disposition() is None


def test_every_change_is_told_in_one_thread(town: PushDeployment, server: MailServer) -> None:
    for how in (move, edit, offer, cancel):
        town.deliver(town.settled)
        change(town.deployment, how)
    town.deployment.services.registry._hash = hmac.new(b"another key", digestmod="sha256")
    town.deliver(town.settled)
    messages = [got.message for got in server.received]
    assert [each["Subject"].partition(": ")[0] for each in messages] == [
        "Το ραντεβού σας κλείστηκε",
        "Νέα ώρα για το ραντεβού σας",
        "Νέα στοιχεία στο ραντεβού σας",
        "Σας προτείνουμε άλλη ώρα για το ραντεβού σας",
        "Το ραντεβού σας ακυρώθηκε",
    ]
    assert len({each["Message-ID"] for each in messages}) == len(messages)
    assert len({each["References"] for each in messages}) == 1
    assert [list(parts(each))[2:] for each in messages] == [
        *[["text/calendar"]] * 3,
        [],
        ["text/calendar"],
    ]
    _booked, moved, edited, *_others = (parts(each)["text/plain"] for each in messages)
    assert "Προηγούμενη ώρα: Πέμπτη 3 Δεκεμβρίου 2026, 12:30" in moved
    assert "Τι άλλαξε: Ονοματεπώνυμο\r\n" in edited
    last = parts(messages[-1])
    assert f"Λόγος: {REASON}" in last["text/plain"]
    assert "<b>" not in last["text/html"]
    assert "&lt;b&gt;&amp; co." in last["text/html"]
    assert "Για: Άννα Παππά" in last["text/plain"]
    assert "METHOD:CANCEL" in last["text/calendar"]
    files = [
        found["text/calendar"]
        for each in messages
        if (found := parts(each)).keys() > {"text/calendar"}
    ]
    assert len({uid for file in files for uid in re.findall(r"UID:\S+", file)}) == 1
    sequences = [int(number) for file in files for number in re.findall(r"SEQUENCE:(\d+)", file)]
    assert sequences == [1, 2, 2, 3], "an edit moves nothing, so nobody is asked to accept again"
    assert not any("://" in line for file in files for line in file.splitlines()), "a link in it"


def test_an_upcoming_appointment_has_one_link_in_all_its_emails(
    town: PushDeployment, server: MailServer
) -> None:
    town.deliver(town.settled)
    assert "/a/" not in "".join(parts(server.received.pop().message).values()), "no public address"
    services = replace(town.deployment.services, public_address="https://rantevou.kalamata.gr")
    town.application = replace(town.application, services=services)
    for how in (move, edit, offer, cancel):
        change(town.deployment, how)
        town.deliver(town.settled)
    url = re.compile(r"https://rantevou\.kalamata\.gr/a/[a-z2-7]{26}\b")
    links = set()
    for message in [got.message for got in server.received[:-1]]:
        found = parts(message)
        (link,) = set(url.findall(found["text/plain"]))
        offers = message["Subject"].startswith("Σας προτείνουμε")
        assert (f"Δείτε τη νέα ώρα:\r\n{link}\r\n" in found["text/plain"]) == offers
        assert (f'href="{link}#answer"' in found["text/html"]) == offers
        assert f"Αλλαγή ή ακύρωση:\r\n{link}\r\n" in found["text/plain"]
        for label, task in (("Αλλαγή ημέρας ή ώρας", "move"), ("Ακύρωση", "cancel")):
            assert re.search(f'href="{link}#{task}" [^>]*>{label}</a>', found["text/html"])
        saves = "text/calendar" in found
        assert (f"Αποθήκευση στο ημερολόγιό μου:\r\n{link}.ics\r\n" in found["text/plain"]) is saves
        assert (f'href="{link}.ics"' in found["text/html"]) is saves
        assert len(url.findall(found["text/html"])) == 2 + offers + saves
        assert link.encode() in message.as_bytes(), "it was encoded, or cut"
        assert len(link) <= 76
        assert "/a/" not in re.sub(r"\r?\n ", "", found.get("text/calendar", ""))
        links.add(link)
    assert len(links) == 1
    assert not url.search("".join(parts(server.received[-1].message).values()))
    assert links.pop().rpartition("/")[2] not in town.deployment.everything()


def test_after_the_deadline_the_link_only_shows_the_appointment(
    town: PushDeployment, server: MailServer
) -> None:
    body = town.deployment.services.registry["kalamata"].body
    rules = body.rules.model_copy(update={"change_deadline_hours": 24 * 60})
    town.deployment.load(body.model_copy(update={"rules": rules}))
    services = replace(town.deployment.services, public_address="https://rantevou.kalamata.gr")
    town.application = replace(town.application, services=services)
    town.deliver(town.settled)
    found = parts(server.received[-1].message)
    assert "\nΤο ραντεβού σας:\r\nhttps://rantevou.kalamata.gr/a/" in found["text/plain"]
    assert re.search(r'href="https://[^"#]+" [^>]*>Το ραντεβού σας</a>', found["text/html"])
    assert not {"#move", "#cancel"} & set(re.findall(r"#\w+", found["text/html"]))
    assert TELL_OFFICE in found["text/plain"]
    # The deadline doesn't hold where the office offers another time.
    change(town.deployment, offer)
    change(town.deployment, edit)
    town.deliver(town.settled)
    for got in server.received[-2:]:
        found = parts(got.message)
        assert TELL_OFFICE not in found["text/plain"]
        assert {"#move", "#cancel"} <= set(re.findall(r"#\w+", found["text/html"]))


def test_a_lost_code_comes_by_email(town: PushDeployment, server: MailServer) -> None:
    town.deliver(town.settled)
    services, now = town.deployment.services, town.deployment.clock()
    who = Actor(0, "console", "el", "Europe/Athens", contact_id=1)
    write = town.deployment.database.write_sync
    write(lambda s: request_code(s, services.registry, TO, who, now))
    write(lambda s: send_codes(s, services.registry, now))
    town.deliver(town.settled)
    message = server.received[-1].message
    assert (message["To"], message["Subject"]) == (
        TO,
        "Ο κωδικός του ραντεβού σας: Πέμ 3 Δεκ 12:30, Επίδομα Στέγασης",
    )
    assert re.search(r"Κωδικός: \w{3} \w{3}\r\n", parts(message)["text/plain"])


def test_the_lost_codes_of_several_appointments_come_in_one_email(
    town: PushDeployment, server: MailServer
) -> None:
    town.deployment.talk(*BOOK[:-2], "4/12", "12:30", "Άννα Παππά", *DETAILS[1:], who="another")
    town.deliver(town.settled)
    before = len(server.received)
    services, now = town.deployment.services, town.deployment.clock()
    who = Actor(0, "console", "el", "Europe/Athens", contact_id=1)
    write = town.deployment.database.write_sync
    write(lambda s: request_code(s, services.registry, TO, who, now))
    write(lambda s: send_codes(s, services.registry, now))
    town.deliver(town.settled)
    (got,) = server.received[before:]
    assert (got.message["To"], got.message["Subject"]) == (TO, "Οι κωδικοί των ραντεβού σας")
    found = parts(got.message)
    assert list(found) == ["text/plain", "text/html"]  # no calendar file: it would be of one
    lines = found["text/plain"].splitlines()
    codes = {code[:3] + " " + code[3:] for (code,) in town.deployment.rows(CODES)}
    assert {line.rpartition(": ")[2] for line in lines if "Επίδομα" in line} == codes
    assert len(codes) == 2
    assert "Μαρία" not in found["text/plain"]


def test_a_lost_code_that_can_t_be_sent_is_left_at_that(
    town: PushDeployment, server: MailServer
) -> None:
    """Anybody may ask for it: neither the citizen's chat nor staff are bothered with it."""
    town.deliver(town.settled)
    services, now = town.deployment.services, town.deployment.clock()
    who = Actor(0, "console", "el", "Europe/Athens", contact_id=1)
    write = town.deployment.database.write_sync
    write(lambda s: request_code(s, services.registry, "+306912345678", who, now))
    write(lambda s: send_codes(s, services.registry, now))
    before = len(town.rows())
    server.answers["RCPT"] = ["550 5.1.1 unknown"]
    town.deliver(town.settled)
    assert [row[1] for row in town.rows("code_sent")] == ["failed"]
    assert len(town.rows()) == before


def test_an_answer_that_was_lost_brings_the_same_email_again(
    town: PushDeployment, server: MailServer
) -> None:
    server.lost = 1
    town.deliver(town.settled)
    town.deployment.clock.forward(minutes=1)
    town.deliver(town.settled)
    assert [row[1:3] for row in town.rows("confirmed")] == [("sent", 2)]
    assert len({got.message["Message-ID"] for got in server.received}) == 1
    assert len(server.received) == 2


def test_a_later_email_of_a_row_has_another_id(town: PushDeployment, server: MailServer) -> None:
    """A reminder is sent once more after a move: mail programs drop what has a known id."""
    town.deliver(town.settled)
    town.deployment.clock.forward(minutes=1)
    now = town.deployment.clock()
    again = update(OutboxRow).where(OutboxRow.kind == "confirmed")
    town.deployment.database.write_sync(
        lambda s: s.execute(again.values(status="pending", due_at=now, try_at=now))
    )
    town.deliver(town.settled)
    assert len({got.message["Message-ID"] for got in server.received}) == 2


def test_a_dead_address_is_suppressed_and_a_busy_mail_server_tried_again(
    town: PushDeployment, server: MailServer
) -> None:
    server.answers["RCPT"] = ["451 4.7.1 Greylisted"]
    town.deliver(town.settled)
    assert [row[1::2] for row in town.rows("confirmed")] == [("pending", "recipient 451, 4.7.1")]
    server.answers["RCPT"] = [f"550 5.1.1 <{TO}> unknown"]
    town.deployment.clock.forward(minutes=1)
    town.deliver(town.settled)
    assert [row[1::2] for row in town.rows("confirmed")] == [("failed", "recipient 550, 5.1.1")]
    suppressed = town.deployment.database.write_sync(
        lambda session: session.scalars(select(Suppression)).all()
    )
    assert len(suppressed) == 1
    assert all(TO not in str(row) for row in town.rows())


@pytest.mark.parametrize(
    ("how", "days", "tried"), [("moved", 0, False), ("given anew", 0, True), ("moved", 30, True)]
)
def test_a_dead_address_is_tried_again_once_it_is_given_anew_or_after_a_month(
    town: PushDeployment, server: MailServer, how: str, days: int, tried: bool
) -> None:
    server.answers["RCPT"] = ["550 5.1.1 unknown"]
    town.deliver(town.settled)
    town.deployment.clock.forward(minutes=1)
    earlier = update(Suppression).values(at=town.deployment.clock() - timedelta(days=days))
    if days:
        town.deployment.database.write_sync(lambda session: session.execute(earlier))
    change(town.deployment, move if how == "moved" else edit)
    town.deliver(town.settled)
    assert bool(server.received) == tried
    kept = town.deployment.rows("SELECT count(*) FROM suppressions")
    assert kept == [(0 if tried else 1,)]


def test_an_english_booking_is_written_of_in_english(
    push: PushDeployment, server: MailServer
) -> None:
    given = {"host": "127.0.0.1", "port": server.port, "tls": "none", "from": "rantevou@town.gr"}
    texts = push.deployment.services.texts
    push.platforms["email"] = Email("email", EmailAccount.model_validate(given), texts)
    push.deployment.talk("english", *BOOK[1:], *DETAILS[:-2], "I agree", "yes")
    push.deliver(push.settled)
    (got,) = server.received
    assert got.message["Subject"].startswith("Your appointment is booked: Thu 3 Dec 12:30")
    found = parts(got.message)
    assert 'lang="en"' in found["text/html"]
    assert not re.search("[α-ω]{4}", found["text/plain"].replace(DETAILS[0], ""))


def test_a_reminder_by_email_is_dated_when_it_is_sent_and_asks(
    town: PushDeployment, server: MailServer
) -> None:
    services = replace(town.deployment.services, public_address="https://rantevou.kalamata.gr")
    town.application = replace(town.application, services=services)
    town.deliver(town.settled)
    town.server.failures["citizen"] = [(403, {})] * 20
    town.deployment.clock.now += timedelta(days=2, hours=4)
    town.deliver(town.settled)
    assert [got.message["Date"][:16] for got in server.received] == [
        "Mon, 30 Nov 2026",
        "Wed, 02 Dec 2026",
    ]
    confirmation, reminder = (parts(got.message) for got in server.received)
    assert server.received[-1].message["Subject"].startswith("Υπενθύμιση για το ραντεβού σας: Πέμ")
    assert re.search(r"Θα έρθετε;\r\nΘα έρθω:\r\nhttps://\S+/a/\w+\r\n", reminder["text/plain"])
    assert re.search(r'href="https://[^"]+/a/\w+#coming" [^>]*>Θα έρθω<', reminder["text/html"])
    assert "Θα έρθω" not in "".join(confirmation.values())


REMINDED = timedelta(days=2, hours=4)
"""The time after which the citizen of `town` has been reminded once."""


def remind(town: PushDeployment, public_address: str | None) -> None:
    """Send a reminder by e-mail, for the chat can't be reached."""
    services = replace(town.deployment.services, public_address=public_address)
    town.application = replace(town.application, services=services)
    town.deliver(town.settled)
    town.server.failures["citizen"] = [(403, {})] * 20
    town.deployment.clock.now += REMINDED
    town.deliver(town.settled)


def test_a_reminder_can_be_ended_with_one_click(town: PushDeployment, server: MailServer) -> None:
    remind(town, "https://rantevou.kalamata.gr")
    confirmation, reminder = (got.message for got in server.received)
    assert "List-Unsubscribe" not in confirmation
    assert "/u/" not in "".join(parts(confirmation).values())
    assert reminder["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = str(reminder["List-Unsubscribe"])
    assert re.fullmatch(r"<https://rantevou\.kalamata\.gr/u/[a-z2-7]{26}>", link)
    assert f"\nList-Unsubscribe: {link}\n" in reminder.as_string().replace("\r\n", "\n")
    text, html = (parts(reminder)[kind] for kind in ("text/plain", "text/html"))
    assert text.rstrip().endswith(link.strip("<>"))
    assert f'href="{link.strip("<>")}"' in html
    assert link.strip("<>").rpartition("/")[2] not in town.deployment.everything()


def test_without_a_public_address_there_is_no_such_link(
    town: PushDeployment, server: MailServer
) -> None:
    remind(town, None)
    reminder = server.received[-1].message
    assert reminder["Subject"].startswith("Υπενθύμιση")
    assert "List-Unsubscribe" not in reminder
    assert "/u/" not in "".join(parts(reminder).values())


def test_who_has_ended_them_gets_none_and_nothing_else_instead(
    town: PushDeployment, server: MailServer
) -> None:
    """Even one that waits for the next try already."""
    town.deliver(town.settled)
    server.answers["RCPT"] = ["451 4.7.1 Greylisted"]
    town.server.failures["citizen"] = [(403, {})] * 20
    town.deployment.clock.now += REMINDED
    town.deliver(town.settled)
    assert "pending" in {row[1] for row in town.rows("reminder")}

    def stop(session: Session) -> None:
        booking = session.scalars(select(Booking).where(Booking.code.is_not(None))).one()
        token = reminder_token(session, town.deployment.services.registry, booking)
        session.flush()
        assert stop_reminders(session, token or "", town.deployment.clock())

    town.deployment.database.write_sync(stop)
    before = len(town.rows())
    town.deployment.clock.forward(minutes=1)
    town.deliver(town.settled)
    assert [got.message["Subject"][:10] for got in server.received] == ["Το ραντεβο"]
    assert "cancelled" in {row[1] for row in town.rows("reminder")}
    assert len(town.rows()) == before
    # Its reader is told so, who alone can have them again, whoever booked.
    services = replace(town.deployment.services, public_address="https://rantevou.kalamata.gr")
    town.application = replace(town.application, services=services)
    again = re.compile(
        r"Για να λαμβάνετε πάλι υπενθυμίσεις με email:\r\nhttps://\S+/u/[a-z2-7]{26}"
    )
    for how, has_link in ((move, True), (cancel, False)):
        change(town.deployment, how)
        town.deliver(town.settled)
        found = parts(server.received[-1].message)
        assert bool(again.search(found["text/plain"])) == has_link
        assert ("/u/" in found["text/html"]) == has_link
    assert server.received[-1].message["Subject"].startswith("Το ραντεβού σας ακυρώθηκε")


def test_a_citizen_is_written_to_in_the_language_that_they_chose(
    town: PushDeployment, server: MailServer
) -> None:
    town.deployment.talk("english")
    town.deliver(town.settled)
    change(town.deployment, move)
    town.deliver(town.settled)
    assert server.received[-1].message["Subject"].startswith("A new time for your appointment")
