"""Replies adapted to a platform that keeps what was sent before."""

from bot.messages import HeadingBlock, ParagraphBlock
from bot.platforms.layout import ANSWERED
from tests.bot.push_deployment import BOOK, DETAILS
from tests.conftest import Deployment
from tests.fakes.push_platform import ACCOUNT, PushPlatform


def test_an_echoed_tap_is_in_every_form_of_the_reply(deployment: Deployment) -> None:
    deployment.connect({ACCOUNT: PushPlatform("http://localhost")})
    deployment.platform, deployment.account = "pager", ACCOUNT
    deployment.talk(*BOOK, *DETAILS[:-1])
    confirm = deployment.last[-1].choices[0]
    echo = f"{ANSWERED} {confirm.label}"
    booked = deployment.say(choice=confirm.id)[0]
    assert booked.text.startswith(f"{echo}\n\nΤο ραντεβού σας κλείστηκε.\n")
    assert booked.blocks[:2] == [
        ParagraphBlock(type="paragraph", text=echo),
        HeadingBlock(type="heading", text="Το ραντεβού σας κλείστηκε."),
    ]
    assert booked.brief.startswith(f"{echo}\nΤο ραντεβού σας κλείστηκε: ")


def test_an_echoed_tap_gives_a_plain_text_no_other_forms(deployment: Deployment) -> None:
    deployment.connect({ACCOUNT: PushPlatform("http://localhost")})
    deployment.platform, deployment.account = "pager", ACCOUNT
    deployment.say("Γεια")
    asked = deployment.tap("Δήμος Καλαμάτας")[0]
    assert asked.text.startswith(f"{ANSWERED} Δήμος Καλαμάτας\n\n")
    assert (asked.blocks, asked.brief) == ([], "")
