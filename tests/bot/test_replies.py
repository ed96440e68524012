"""Replies made of what was said and asked."""

from bot.i18n.translator import Translator
from bot.messages import (
    FactRow,
    FactsBlock,
    HeadingBlock,
    ParagraphBlock,
    PlaceBlock,
    Reply,
    ReplyChoice,
)
from bot.platforms.push_layout import with_buttons_last
from bot.replies import build_replies, build_reply
from core.i18n import _
from dialogs.engine.prompts import OpenQuestion, Prompt, PromptKey, StoredPrompt
from dialogs.messages.blocks import Button, Fact, Facts, Heading, Message, Place, message

QUESTION = StoredPrompt(3, PromptKey("book", "day"))
SAID = Message(
    (
        Heading("Booked."),
        Facts((Fact("Code", "KX7"), Fact("When", "today\nat noon", show_label=False))),
        Place("Office", "Street 1", 37.5, 22.5),
    ),
    booking=7,
    brief="Booked: KX7.",
    spoken="It is booked. The code is: K, X, 7.",
)


def test_plain_texts_have_no_blocks(texts: Translator) -> None:
    question = OpenQuestion(Prompt("Which day?"), QUESTION)
    said, asked = build_replies(texts, ["Hello.", "Again."], question, "en")
    assert (said.text, said.blocks) == ("Hello.\nAgain.", [])
    assert (said.brief, said.spoken) == ("", "")
    assert (asked.text, asked.blocks, asked.step) == ("Which day?", [], "day")
    stored = said.model_dump(mode="json", exclude_defaults=True)
    assert "blocks" not in stored


def test_nothing_said_is_no_reply(texts: Translator) -> None:
    question = OpenQuestion(Prompt(message(Heading("Which day?"))), QUESTION)
    [asked] = build_replies(texts, [], question, "en")
    assert asked.text == "Which day?"
    assert asked.blocks == [HeadingBlock(type="heading", text="Which day?")]


def test_several_messages_are_one_reply_with_the_blocks_of_all(texts: Translator) -> None:
    reply = build_reply(texts, ["All right.", SAID], "en")
    assert reply.text == (
        "All right.\n\nBooked.\nCode: KX7\ntoday\nat noon\nOffice\nAddress: Street 1"
    )
    assert reply.brief == "All right.\nBooked: KX7."
    assert reply.spoken == "All right.\nIt is booked. The code is: K, X, 7."
    assert reply.booking == 7
    assert reply.blocks == [
        ParagraphBlock(type="paragraph", text="All right."),
        HeadingBlock(type="heading", text="Booked."),
        FactsBlock(
            type="facts",
            rows=[
                FactRow(label="Code", value="KX7"),
                FactRow(label="When", value="today\nat noon"),
            ],
        ),
        PlaceBlock(
            type="place",
            label="Place",
            name="Office",
            address="Street 1",
            latitude=37.5,
            longitude=22.5,
        ),
    ]


def test_blocks_are_in_the_replys_language(texts: Translator) -> None:
    reply = build_reply(texts, [message(Facts((Fact(_("Code"), _("In person")),)))], "el")
    [block] = reply.blocks
    assert block == FactsBlock(
        type="facts", rows=[FactRow(label="Κωδικός", value="Φυσική παρουσία")]
    )


def test_a_reply_is_read_as_it_was_stored_and_former_ones_have_no_blocks(
    texts: Translator,
) -> None:
    reply = build_reply(texts, [SAID], "en")
    stored = reply.model_dump(mode="json", exclude_defaults=True)
    assert Reply.model_validate(stored) == reply
    former = {name: value for name, value in stored.items() if name not in ("blocks", "brief")}
    assert Reply.model_validate(former).blocks == []


def test_buttons_under_what_is_said_are_links_and_stand_last_where_a_message_hides_others() -> None:
    said = build_reply(
        Translator(), [Message((), buttons=(Button("offer_accept_1", "Yes"),))], "en"
    )
    assert [(each.id, each.label) for each in said.choices] == [("link:offer_accept_1", "Yes")]
    asked = Reply(
        text="Which day?",
        step="day",
        choices=[ReplyChoice(id="3.1", label="Monday", number=1), ReplyChoice(id="3.b", label="B")],
    )
    before, last = with_buttons_last([said, asked])
    assert before.choices == []
    assert [each.label for each in last.choices] == ["Monday", "Yes", "B"]
    assert with_buttons_last([said]) == [said]
