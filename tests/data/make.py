"""Write stored.db.gz, stored.sql.gz and chats.json: `python -m tests.data.make`.

Run it only with the program whose data they are to hold (README.md). Both databases have the same
rows; chats.json has what the citizens' devices hold.
"""

import gzip
import json
import random
import sqlite3
import subprocess
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.context import Services
from bot.i18n.translator import Translator
from core.catalogue.loader import SHIPPED, read_catalogue
from core.catalogue.registry import Registry
from core.db.database import Database
from core.db.models import Base
from tests.conftest import NOW, Clock, Deployment, load_shipped
from tests.data.chats import DEVICES, POSTGRES, SQLITE, Buttons, Chat, Chats, chats_with
from tests.postgres import KEY, OwnServer, running

LIVE = "state IN ('held','confirmed')"
LIVE_AS_DUMPED = (
    "(state)::text = ANY ((ARRAY['held'::character varying, "
    "'confirmed'::character varying])::text[])"
)
"""The same condition as PostgreSQL dumps it, which would change again when it is restored."""

WRITTEN = NOW - timedelta(minutes=2)
"""The time at which all but the earlier appointments was written: holds are live at NOW."""

NAME, EMAIL = "Μαρία Παπαδοπούλου", "maria@example.gr"
HOUSING = ("Καλαμάτα", "Επίδομα Στέγασης", "όχι")
CONSENT = ("068933130", "συμφωνώ")
CHIOS = ("Χίος", "περιουσία")


def fill(deployment: Deployment, texts: Translator) -> list[Chat]:
    """Have citizens converse, each up to a point from which the tests continue."""
    chats = chats_with(deployment, texts, 1)
    deployment.clock.now = NOW - timedelta(days=5)
    earlier = _with_appointments(chats)
    deployment.clock.now = WRITTEN
    _go_on(earlier)
    return [
        *earlier.values(),
        *_booking(chats),
        *_picking(chats),
        *_in_between(chats),
        *_not_delivered(chats),
    ]


def _with_appointments(chats: Chats) -> dict[str, Chat]:
    """Return the chats with bookings; the reminders of the first three are due at NOW."""
    page = chats.chat("reminded", "webchat", language="el")
    page.write("Γεια", *CHIOS)
    page.tap("Τηλεφωνικά")
    page.write("1/12 09:00", NAME, EMAIL, "-", "6912345601", "-", "-", "συμφωνώ", "ναι")
    telegram = chats.chat("reminded-telegram", "telegram")
    telegram.write("Χίος", "γυναικών", "τηλεδιάσκεψη", "1/12 09:00", NAME, EMAIL, "-")
    telegram.write("6912345602", "-", "-", "όχι", "συμφωνώ")
    telegram.tap("Επιβεβαίωση: Τρί 1 Δεκ, 09:00")
    viber = chats.chat("reminded-viber", "viber")
    viber.write("Λάρισα", "ληξιαρχείο", "σύμφωνο", "φυσική παρουσία", "1/12 09:00")
    viber.write(NAME, EMAIL, "6912345603", "-", "ναι")
    known = {chat.who: chat for chat in (page, telegram, viber)}
    for who, platform, number, time in (
        ("moving", "telegram", 5, "12:30"),
        ("moving-review", "webchat", 6, "13:10"),
        ("cancelling", "viber", 7, "13:50"),
    ):
        chat = known[who] = chats.chat(who, platform, language="el")
        chat.write(*HOUSING, f"4/12 {time}", NAME, EMAIL, f"691234560{number}", *CONSENT, "ναι")
    for who, number, time in (("editing", 8, "12:30"), ("again", 9, "13:10")):
        chat = known[who] = chats.chat(who, "webchat", language="el")
        chat.write(*HOUSING, "7/12", time, NAME, EMAIL, f"691234560{number}", *CONSENT, "ναι")
    return known


def _go_on(known: dict[str, Chat]) -> None:
    """Have some of them begin to change their booking or to make another."""
    known["moving"].tap("Αλλαγή ημέρας ή ώρας")
    known["moving"].write("8/12")
    known["moving-review"].tap("Αλλαγή ημέρας ή ώρας")
    known["moving-review"].write("8/12 13:10")
    known["cancelling"].tap("Ακύρωση ραντεβού")
    known["editing"].tap("Αλλαγή στοιχείων")
    known["editing"].tap("Email")
    known["again"].write("νέο ραντεβού", "Λάρισα", "ληξιαρχείο", "σύμφωνο", "φυσική παρουσία")
    known["again"].write("7/12 10:00", "1")


def _booking(chats: Chats) -> list[Chat]:
    """Return chats in the middle of a booking, and one with a new booking."""
    details = chats.chat("details", "webchat", language="el")
    details.write("Γεια")
    details.tap("Δήμος Καλαμάτας")
    details.tap("Επίδομα Στέγασης")
    details.tap("Όχι")
    details.tap("Πέμ 3 Δεκ")
    details.tap("12:30")
    details.write(NAME, EMAIL, "αλλαγή ώρα")
    details.tap("13:50")
    details.write("6912345610", "πίσω")

    review = chats.chat("review", "telegram")
    review.write("Γεια")
    for label in ("Δήμος Καλαμάτας", "Επίδομα Στέγασης", "Όχι", "9", "12:30"):
        review.tap(label)
    review.write(NAME, EMAIL, "6912345611", "068933130")
    review.tap("Συμφωνώ")

    phone = chats.chat("phone", "viber")
    phone.write(*HOUSING, "9/12 13:10", NAME, EMAIL)

    choosing = chats.chat("choosing", "webchat", language="el")
    choosing.write("Καλαμάτα", "εεε", "10/12 12:30", NAME, EMAIL, "6912345612", *CONSENT)
    choosing.tap("Αλλαγή απάντησης")
    abroad = chats.chat("abroad", "webchat", language="el", timezone="Australia/Melbourne")
    abroad.write("Χίος", "γυναικών", "τηλεδιάσκεψη", "3/12", "8 μμ", "Νίκος Παππάς")
    abroad.write("nikos@example.com.au", "-", "+61 412 345 678", "-", "-", "όχι", "συμφωνώ")
    english = chats.chat("english", "webchat", language="en")
    english.write("hello")
    english.tap("Municipality of Kalamata")
    english.write("guaranteed minimum income", "3/12 13:10", "Anna Nowak", "anna@example.com")
    english.write("6912345604", "068933130", "yes", "ok")
    others = chats.chat("other-language", "webchat", language="el", timezone="Australia/Melbourne")
    others.write("Χίος", "γυναικών", "τηλεδιάσκεψη", "ζώνη ώρας Νέα Υόρκη", "english", "17/12")
    home = chats.chat("home", "webchat", language="el", home="chios")
    home.write("Γεια", "περιουσία")
    return [details, review, phone, choosing, abroad, english, others, home]


def _picking(chats: Chats) -> list[Chat]:
    """Return chats whose question shows a part of a list, another page or another month."""
    narrowed = chats.chat("narrowed", "webchat", language="el")
    narrowed.write("κεπ", "Εξυπηρέτηση από το Δήμο", "νέα")
    paged = chats.chat("paged", "webchat", language="el")
    paged.write("κεπ", "Εξυπηρέτηση από το Δήμο")
    paged.tap("Περισσότερα")
    turned = chats.chat("turned", "telegram")
    turned.write(*HOUSING)
    turned.tap("Επόμενος μήνας")
    turned.tap("Προηγούμενος μήνας")
    turned.tap("Επόμενος μήνας")
    near = chats.chat("near", "webchat", language="el")
    near.write("Καλαμάτα", "εεε", "10/12", "11:00")

    instead = chats.chat("instead", "webchat", language="el")
    instead.write(*CHIOS, "τηλεφωνικά", "2/12")
    instead_old = chats.chat("instead-old", "telegram")
    instead_old.write(*CHIOS, "τηλεφωνικά", "2/12", "3/12")
    changing = chats.chat("changing", "webchat", language="el")
    changing.write("Γεια")
    changing.tap("Δήμος Χίου")
    changing.write("περιουσία")
    changing.tap_id(dict(changing.buttons)["Δήμος Λαρισαίων"])
    return [narrowed, paged, turned, near, instead, instead_old, changing]


def _in_between(chats: Chats) -> list[Chat]:
    """Return chats with an interrupting question, wrong answers, or help."""
    stopping = chats.chat("stopping", "webchat", language="el")
    stopping.write(*HOUSING, "10/12 13:10", NAME, "διακοπή")
    switching = chats.chat("switching", "telegram")
    switching.write(*HOUSING, "10/12 13:50", NAME, "τα ραντεβού μου")
    zone = chats.chat("zone", "webchat", language="el")
    zone.write("Χίος", "γυναικών", "τηλεδιάσκεψη", "ζώνη ώρας")
    stopped = chats.chat("stopped", "viber")
    stopped.write("Λάρισα", "ληξιαρχείο", "σύμφωνο", "φυσική παρουσία", "10/12 10:00")
    stopped.write(NAME, EMAIL, "διακοπή", "ναι")
    code = chats.chat("code", "webchat", language="el")
    code.write("τα ραντεβού μου")
    proof = chats.chat("proof", "telegram")
    proof.write("ακύρωση ραντεβού", "KX7 M2P")
    failing = chats.chat("failing", "console")
    failing.write("Καλαμάτα", "στέγασης", "δεν ξέρω", "ίσως")
    helped = chats.chat("helped", "webchat", language="el")
    helped.write("Καλαμάτα", "στέγασης", "βοήθεια")
    return [stopping, switching, zone, stopped, code, proof, failing, helped]


def _not_delivered(chats: Chats) -> list[Chat]:
    """Return chats with an undelivered answer; they are last, as nothing is delivered after."""
    telegram = chats.chat("waiting-telegram", "telegram")
    telegram.write("Γεια")
    viber = chats.chat("waiting-viber", "viber")
    viber.write("Γεια")
    page = chats.chat("waiting-page", "telegram")
    page.write("κεπ", "Εξυπηρέτηση από το Δήμο")
    month = chats.chat("waiting-month", "telegram")
    month.write("Καλαμάτα", "Επίδομα Στέγασης")
    phone = chats.chat("waiting-phone", "telegram")
    phone.write(*HOUSING, "11/12 12:30", NAME, EMAIL)
    card = chats.chat("waiting-card", "telegram")
    card.write(*HOUSING, "11/12 13:10", NAME, EMAIL, "6912345613", *CONSENT)
    phone.answer("6912345614", None, deliver=False)
    for chat, label in (
        (telegram, "Δήμος Χίου"),
        (viber, "Δήμος Χίου"),
        (page, "Περισσότερα"),
        (month, "Όχι"),
        (card, "Επιβεβαίωση: Παρ 11 Δεκ, 13:10"),
    ):
        chat.answer(None, dict(chat.buttons)[label], deliver=False)
    return [telegram, viber, page, month, phone, card]


def opened(url: str, texts: Translator) -> Deployment:
    """Return a deployment on that database."""
    services = Services(Registry("secret"), texts, clock := Clock(), random.Random(1).choice)
    return Deployment(Database(url, KEY), services, clock)


def filled(url: str, texts: Translator) -> tuple[dict[str, list[str]], str]:
    """Fill a database; return every row of it, and what the devices hold."""
    bodies = [read_catalogue(file) for file in sorted(SHIPPED.glob("*.yaml"))]
    load_shipped(Database(url, KEY), {body.id: body for body in bodies})
    deployment = opened(url, texts)
    with closing(deployment.database):
        chats = fill(deployment, texts)
        entries = [f"{json.dumps(c.who)}: {_of_device(c)}" for c in chats]
        return deployment.database.write_sync(_rows), "{{\n{}\n}}\n".format(",\n".join(entries))


def _rows(session: Session) -> dict[str, list[str]]:
    """Return the rows of every table, in an order that doesn't depend on the database."""
    tables = Base.metadata.sorted_tables
    return {
        table.name: sorted(str(tuple(row)) for row in session.execute(select(table)))
        for table in tables
    }


def _of_device(chat: Chat) -> str:
    given = {"platform": chat.platform, "language": chat.language}
    given |= {"timezone": chat.timezone, "home": chat.home}
    kept = {name: value for name, value in given.items() if value}
    return json.dumps({**kept, "buttons": _ends(chat.buttons)}, ensure_ascii=False)


def _ends(buttons: Buttons) -> Buttons:
    """Return the oldest and the newest button of each label, in their order."""
    oldest = dict(reversed(buttons))
    newest = dict(buttons)
    ends = {*oldest.items(), *newest.items()}
    return list(dict.fromkeys(each for each in buttons if each in ends))


def dumped(server: OwnServer, url: str) -> str:
    """Return a database as SQL statements that any client can run."""
    command = [str(server.program("pg_dump")), "--inserts", "--no-owner", "--no-privileges", url]
    made = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    made = made.replace(LIVE_AS_DUMPED, LIVE)
    settings = ("--", "SET ", "SELECT pg_catalog.set_config", "\\")
    kept = [line for line in made.splitlines() if line and not line.startswith(settings)]
    return "\n".join(kept) + "\n"


def main() -> None:
    """Write the three files."""
    texts = Translator()
    with TemporaryDirectory() as folder:
        draft, whole = Path(folder) / "draft.db", Path(folder) / "stored.db"
        stored, chats = filled(f"sqlite:///{draft}", texts)
        with closing(sqlite3.connect(draft)) as connection:  # beside it, a part is in the WAL
            connection.execute("VACUUM INTO ?", (str(whole),))
        SQLITE.write_bytes(gzip.compress(whole.read_bytes(), mtime=0))
    with running() as server:
        assert isinstance(server, OwnServer), "its own server has pg_dump beside it"
        with server.database() as url:
            assert filled(url, texts) == (stored, chats), "the databases differ"
            POSTGRES.write_bytes(gzip.compress(dumped(server, url).encode(), mtime=0))
    DEVICES.write_text(chats, "utf-8")


if __name__ == "__main__":
    main()
