"""`rantevou understand`: what is understood of a text, and why."""

from tests.bot.cli.test_staff import Technician, technician  # noqa: F401 a fixture here too
from tests.conftest import mostly_on

# ruff: noqa: F811 the fixtures


@mostly_on("sqlite")
def test_what_is_understood_of_a_text_is_shown(technician: Technician) -> None:
    said = "γεια, μεταδημότευση στη Λάρισα με βίντεο την 3/12 πριν τις 11, μπλα"
    shown, *lines = technician("understand", said).stdout.splitlines()
    assert shown == said  # without colours, which no terminal asks for
    assert lines == [
        "municipality: larissa",
        "channel: video",
        "service: larissa/metadimotefsi: 0.86, taken",
        "when: Thursday 3 December, before 11:00",
        "not understood: μπλα",
    ]
    (_shown, *lines) = technician(
        "understand", "ΤΑΠ", "--municipality", "larissa"
    ).stdout.splitlines()
    assert [line.split(": ")[1] for line in lines] == [
        "larissa/mi-ofeili-ktismatos",
        "larissa/mi-ofeili-oikopedou",
    ]
    assert all(line.endswith("asked about") for line in lines)
    assert "not served here: Βόλο" in technician("understand", "στον Βόλο").stdout
