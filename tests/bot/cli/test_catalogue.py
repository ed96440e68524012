"""`rantevou catalogue new`, `list` and `remove`, and what is said of the samples."""

import re
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from sqlalchemy import update

from core.bookings.reference import format_code
from core.catalogue.loader import SHIPPED
from core.catalogue.registry import Registry
from core.db.models import Booking, MunicipalityRow
from tests.bot.cli.test_main import NAMED, OPEN, OPEN_ON_SUNDAYS, catalogue
from tests.bot.processes import run_here, server
from tests.bot.telemetry.test_silence import over_chat
from tests.conftest import Deployment, mostly_on, on_sqlite

KALAMATA = SHIPPED / "kalamata.yaml"
SAMPLE = "Μόνο για δοκιμή: "


def listed(file: Path) -> dict[str, str]:
    """Return the status of each municipality, as `list` prints it."""
    done = run_here(file, "catalogue", "list")
    assert (done.returncode, done.stderr) == (0, "")
    heading, *rows = done.stdout.splitlines()
    assert re.split("  +", heading) == ["id", "status", "since", "name"]
    return {row.split()[0]: row.split()[1] for row in rows}


def test_samples_are_loaded_where_nothing_was_and_each_page_says_so(new_file: Path) -> None:
    with server(new_file) as running, httpx.Client(base_url=running.url) as client:
        for path in ("/", "/m/kalamata", "/privacy", "/m/kalamata/privacy", "/accessibility"):
            page = client.get(path).text
            assert f'<p class="sample">{SAMPLE}' in page
            assert ("Χίου" in page.partition("</p>")[0]) == (not path.startswith("/m/"))
        said = over_chat(client)("Γεια").json()["replies"]
        assert SAMPLE in "".join(reply["text"] for reply in said)
        assert run_here(new_file, "catalogue", "remove", "chios", "kep", "larissa").stdout == (
            "chios: removed\nkep: removed\nlarissa: removed\n"
        )
        loaded = run_here(new_file, "catalogue", "load", KALAMATA).stdout
        assert loaded.startswith("kalamata: unchanged; its page is http://")
        assert SAMPLE in client.get("/").text
        assert client.get("/m/chios").status_code == 404
        ours = catalogue(new_file.parent, ours=("Housing Benefit", "Help with the rent"))
        assert "kalamata: updated;" in run_here(new_file, "catalogue", "load", ours).stdout
        for path in ("/", "/m/kalamata", "/privacy"):
            page = client.get(path).text
            assert SAMPLE not in page
            assert "Χίου" not in page
        assert SAMPLE not in over_chat(client)("Γεια").text
    assert listed(new_file) == {
        "chios": "removed",
        "kalamata": "loaded",
        "kep": "removed",
        "larissa": "removed",
    }
    with server(new_file) as running:  # a second start brings nothing back
        assert "Χίου" not in httpx.get(running.url).text


def test_loading_a_removed_one_offers_it_again(file: Path) -> None:
    assert run_here(file, "catalogue", "remove", "kalamata").returncode == 0
    assert listed(file)["kalamata"] == "removed"
    assert "kalamata: added;" in run_here(file, "catalogue", "load", KALAMATA).stdout
    assert listed(file)["kalamata"] == "sample"


UNKNOWN = ("nothing", "none")


SAME = "name: a name that no other municipality has;"


def test_a_name_that_makes_a_text_message_cost_twice_is_warned_of(
    file: Path, tmp_path: Path
) -> None:
    long = catalogue(tmp_path, long=("short: {el: Ελάχιστο Εισόδημα", "description: {el: Επίδομα"))
    done = run_here(file, "catalogue", "check", long)
    assert done.returncode == 0
    [warning] = done.stderr.splitlines()
    assert warning.startswith(f"warning: {long}: eee: a `short` name")


def test_two_municipalities_of_one_name_are_warned_of(file: Path, tmp_path: Path) -> None:
    twin = catalogue(tmp_path, twin=("id: kalamata", "id: twin"))
    english = catalogue(
        tmp_path, third=("id: kalamata", "id: third"), el=("el: Δήμος Καλαμάτας", "el: Δήμος")
    )
    renamed = catalogue(
        tmp_path, small=("id: kalamata", "id: twin"), named=(NAMED, "name: {el: Δήμος Μικρός}")
    )

    def warned(command: str, *files: Path) -> list[str]:
        done = run_here(file, "catalogue", command, *files)
        assert done.returncode == 0
        return [line for line in done.stderr.splitlines() if SAME in line]

    assert warned("check", twin) == []
    assert warned("check", twin, KALAMATA) == [
        f"warning: {twin}: {SAME} kalamata has 'Δήμος Καλαμάτας' too"
    ]
    assert warned("load", twin) == [f"warning: {twin}: {SAME} kalamata has 'Δήμος Καλαμάτας' too"]
    assert warned("load", KALAMATA) == [
        f"warning: {KALAMATA}: {SAME} twin has 'Δήμος Καλαμάτας' too"
    ]
    both = "kalamata, twin have 'Municipality of Kalamata' too"
    assert warned("load", english) == [f"warning: {english}: {SAME} {both}"]
    run_here(file, "catalogue", "remove", "kalamata", "third")
    assert warned("load", twin) == []
    assert warned("load", KALAMATA, renamed) == []


def refused(file: Path, *words: str, ids: tuple[str, ...] = ("chios", "kalamata")) -> None:
    """Check that nothing is removed, and that one line says why."""
    before = listed(file)
    done = run_here(file, "catalogue", "remove", *ids)
    assert (done.returncode, done.stdout) == (1, "")
    assert len(done.stderr.splitlines()) == 1
    for word in words:
        assert word in done.stderr
    assert listed(file) == before


def test_what_is_not_loaded_or_the_only_one_is_not_removed(file: Path) -> None:
    refused(file, "calamata", "chios, kalamata, kep, larissa", ids=("calamata", "chios"))
    four = ("chios", "kalamata", "kep", "larissa")
    refused(file, "no other one is loaded", *four, ids=four)
    refused(file, "nothing, none: no", "chios, kalamata, kep, larissa.", ids=(*four[1:], *UNKNOWN))
    assert run_here(file, "catalogue", "remove", *four[1:]).returncode == 0
    refused(file, "chios: not removed, for it is the only one", ids=four[:1])


def test_what_a_setting_names_is_not_removed(file: Path) -> None:
    given = {"telegram__town__token": "1:abc", "telegram__town__municipality": "kalamata"}
    done = run_here(file, "catalogue", "remove", "kalamata", **given)
    assert done.returncode == 1
    assert "RANTEVOU_TELEGRAM__TOWN__MUNICIPALITY is 'kalamata'" in done.stderr
    assert listed(file)["kalamata"] == "loaded"


@on_sqlite
def test_future_bookings_are_named_without_personal_data(
    deployment: Deployment, booked: str
) -> None:
    (booking,) = deployment.database.write_sync(lambda s: s.query(Booking).all())
    hour = f"{booking.starts_at.astimezone():%Y-%m-%d}"
    refused(deployment.file, f"{format_code(booked)} ({hour} ")
    done = run_here(deployment.file, "catalogue", "remove", "kalamata")
    assert not re.search("Παπαδοπούλου|maria@|691", done.stderr)


@pytest.fixture
def remove(deployment: Deployment) -> Callable[[str], None]:
    """Remove a municipality at the clock's time."""
    from core.bookings.catalogue_update import remove_municipalities

    return lambda name: deployment.database.write_sync(
        lambda s: remove_municipalities(s, [name], deployment.clock())
    )


@pytest.fixture
def tried(deployment: Deployment, booked: str) -> str:
    """The code of a booking in a sample."""
    sample = update(MunicipalityRow).where(MunicipalityRow.id == "kalamata").values(is_sample=True)
    deployment.database.write_sync(lambda s: s.execute(sample))
    return booked


CANCELLED = "; bookings of the sample that were cancelled, which nobody is told: 1"


@on_sqlite
@pytest.mark.usefixtures("tried")
def test_bookings_of_a_sample_are_no_obstacle_and_are_cancelled(
    deployment: Deployment, tmp_path: Path
) -> None:
    done = run_here(deployment.file, "catalogue", "remove", "kalamata", "chios")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"kalamata: removed{CANCELLED}\nchios: removed\n"
    assert deployment.rows("SELECT state FROM bookings") == [("cancelled",)]
    recorded = run_here(deployment.file, "staff", "record", "--municipality", "kalamata")
    assert "operator" in recorded.stdout
    assert "cancel" in recorded.stdout


@on_sqlite
@pytest.mark.usefixtures("tried")
def test_ones_own_catalogue_takes_a_samples_place_over_its_bookings(
    deployment: Deployment, tmp_path: Path
) -> None:
    ours = catalogue(tmp_path, closing=(OPEN, OPEN_ON_SUNDAYS))
    done = run_here(deployment.file, "catalogue", "load", ours)
    assert done.returncode == 0
    assert done.stdout.startswith(f"kalamata: updated{CANCELLED}; its page is ")
    assert deployment.rows("SELECT state FROM bookings") == [("cancelled",)]


SAID = ("ακύρωση", "αλλαγή ώρας", "Δευτέρα", "ναι", "βοήθεια", "πίσω")


@mostly_on("sqlite")
@pytest.mark.parametrize("opened", [0, 1, 2], ids=["menu", "bookings", "moving"])
@pytest.mark.usefixtures("tried")
def test_the_citizen_of_a_removed_sample_meets_no_error(
    deployment: Deployment, remove: Callable[[str], None], opened: int
) -> None:
    if opened:
        deployment.say("τα ραντεβού μου")
    if opened == 2:
        deployment.say(choice=deployment.last[-1].choices[0].id)
        assert deployment.last[-1].step == "day"
    stale = [choice.id for choice in deployment.last[-1].choices]
    remove("kalamata")
    for choice in stale:
        assert deployment.say(choice=choice)
    for said in SAID:
        assert deployment.say(said)
        if deployment.last[-1].choices:
            assert deployment.say(choice=deployment.last[-1].choices[0].id)
    found = [reply.text for said in ("τα ραντεβού μου", "ναι") for reply in deployment.say(said)]
    assert "Δεν βρίσκω ραντεβού" in "".join(found)
    assert deployment.rows("SELECT state FROM bookings WHERE code IS NOT NULL") == [("cancelled",)]


TO_HOLD = ("Γεια", "Καλαμάτα", "Επίδομα Στέγασης", "όχι", "το συντομότερο", "το νωρίτερο")


@mostly_on("sqlite")
def test_a_conversation_under_way_is_asked_for_another_municipality(
    deployment: Deployment, remove: Callable[[str], None]
) -> None:
    deployment.talk(*TO_HOLD)
    remove("kalamata")
    assert deployment.rows("SELECT state FROM bookings") == [("expired",)]
    deployment.say("Μαρία Παπαδοπούλου")
    assert deployment.last[-1].step == "municipality"
    offered = [choice.label for choice in deployment.last[-1].choices]
    assert "Δήμος Χίου" in offered
    assert "Δήμος Καλαμάτας" not in offered


@mostly_on("sqlite")
@pytest.mark.usefixtures("booked")
def test_past_bookings_stay_and_are_still_read(
    deployment: Deployment, remove: Callable[[str], None]
) -> None:
    deployment.clock.forward(days=90)
    remove("kalamata")
    assert deployment.rows("SELECT municipality_id, state FROM bookings") == [
        ("kalamata", "confirmed")
    ]
    registry = Registry("secret")
    deployment.database.write_sync(registry.refresh)
    assert "kalamata" not in registry
    assert registry["kalamata"].body.id == "kalamata"
    assert "Δεν βρίσκω ραντεβού" in deployment.say("τα ραντεβού μου")[0].text


@mostly_on("sqlite")
def test_a_sample_that_is_loaded_by_another_process_is_noticed(deployment: Deployment) -> None:
    deployment.say("Γεια")
    sample = update(MunicipalityRow).where(MunicipalityRow.id == "chios").values(is_sample=True)
    deployment.database.write_sync(lambda s: s.execute(sample))
    assert f"{SAMPLE}Δήμος Χίου." in deployment.say("Γεια", who="another")[0].text


@pytest.mark.parametrize("name", ["chios", "kalamata", "kep", "larissa", "our-town"])
def test_what_is_loaded_is_given_back_as_a_file_that_is_the_same(file: Path, name: str) -> None:
    if name == "our-town":
        run_here(file, "catalogue", "new", name)
        run_here(file, "catalogue", "load", f"{name}.yaml")
    done = run_here(file, "catalogue", "export", name)
    assert (done.returncode, done.stderr) == (0, "")
    (back := file.with_name("back.yaml")).write_text(done.stdout, "utf-8")
    checked = run_here(file, "catalogue", "check", back)
    assert checked.stdout.startswith(f"{back}: OK ({name}, ")
    loaded = run_here(file, "catalogue", "load", back).stdout
    assert loaded.startswith(f"{name}: unchanged; its page is ")


def test_what_is_not_there_is_not_exported(file: Path) -> None:
    done = run_here(file, "catalogue", "export", "calamata")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "calamata: no municipality of that id; there are: chios, kalamata, kep, larissa\n"
    )


def test_a_new_file_is_one_that_can_be_loaded(file: Path) -> None:
    done = run_here(file, "catalogue", "new", "our-town")
    assert (done.returncode, done.stderr) == (0, "")
    checked = run_here(file, "catalogue", "check", "our-town.yaml")
    assert (checked.stdout, checked.stderr) == ("our-town.yaml: OK (our-town, 1 service)\n", "")
    for settings, address in (
        ({"port": 8123, "root_path": "/dates"}, "http://127.0.0.1:8123/dates/m/our-town"),
        ({"public_url": "https://dates.example"}, "https://dates.example/m/our-town"),
    ):
        loaded = run_here(file, "catalogue", "load", "our-town.yaml", **settings)
        assert loaded.stdout.endswith(f"; its page is {address}\n")
    assert listed(file)["our-town"] == "loaded"


def test_a_new_file_overwrites_none_and_has_a_good_id(file: Path) -> None:
    theirs = file.with_name("our-town.yaml")
    theirs.write_text("theirs")
    done = run_here(file, "catalogue", "new", "our-town")
    assert (done.returncode, "is there already" in done.stderr) == (1, True)
    assert theirs.read_text() == "theirs"
    for name in ("Δήμος", "../town", "a" * 41):
        done = run_here(file, "catalogue", "new", name)
        assert (done.returncode, "such as my-town" in done.stderr) == (1, True)
