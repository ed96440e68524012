"""The engine's messages and question as replies in the citizen's language."""

from collections.abc import Callable, Iterable, Sequence

from bot.i18n.translator import Translator
from bot.messages import (
    LINK_CHOICE,
    ActionItem,
    ActionsBlock,
    AttachmentBlock,
    ChecklistBlock,
    FactRow,
    FactsBlock,
    HeadingBlock,
    LinkItem,
    LinksBlock,
    NoteBlock,
    ParagraphBlock,
    PlaceBlock,
    Reply,
    ReplyBlock,
    ReplyChoice,
)
from core.i18n import Text, _
from dialogs.engine.prompts import OpenQuestion, Prompt
from dialogs.messages.blocks import (
    Actions,
    Attachment,
    Block,
    Checklist,
    Facts,
    Heading,
    Links,
    Message,
    Note,
    Paragraph,
    Place,
    to_text,
)


def build_replies(
    translator: Translator,
    messages: Sequence[Text | Message],
    question: OpenQuestion,
    language: str,
) -> list[Reply]:
    """Return a turn's replies: one of all its messages, then the question."""
    prompt = question.prompt
    asked = Reply(
        text=translator.say(to_text(prompt.text), language),
        brief=translator.say(_brief_of(prompt), language),
        blocks=_blocks_of(translator, [prompt.text], language),
        step=question.step,
        language=language,
        layout=prompt.layout,
        month=prompt.month,
        choices=[
            ReplyChoice(
                id=f"{question.number}.{offer.key}",
                label=offer.label(language),
                number=offer.number,
            )
            for offer in question.stored.choices
        ],
        input=prompt.input,
        booking=prompt.booking,
    )
    said = build_reply(translator, messages, language) if messages else None
    return [said, asked] if said and said.text else [asked]


def _brief_of(prompt: Prompt) -> Text:
    """Return the short form of a question; "" where it has none."""
    if prompt.brief or not isinstance(prompt.text, Message):
        return prompt.brief
    return prompt.text.brief or ""


def build_reply(translator: Translator, messages: Sequence[Text | Message], language: str) -> Reply:
    """Return one reply of all these messages, of which one at most is about a booking."""
    structured = [each for each in messages if isinstance(each, Message)]

    def say(form: Callable[[Message], Text | None]) -> str:
        """Return all messages in a form, or plain where they lack it; "" where none has it."""
        if not any(form(each) for each in structured):
            return ""
        found = [(form(each) if isinstance(each, Message) else None) for each in messages]
        chosen = [text or to_text(each) for text, each in zip(found, messages, strict=True)]
        return _paragraphs([translator.say(text, language) for text in chosen])

    return Reply(
        text=_paragraphs([translator.say(to_text(each), language) for each in messages]),
        blocks=_blocks_of(translator, messages, language) if structured else [],
        brief=say(lambda each: each.brief),
        spoken=say(lambda each: each.spoken),
        language=language,
        booking=next((each.booking for each in structured if each.booking), None),
        dial=next((each.dial for each in structured if each.dial), ""),
        hangs_up=any(each.hangs_up for each in structured),
        choices=[
            ReplyChoice(
                id=f"{LINK_CHOICE}{button.link}",
                label=translator.say(button.label, language),
                row=place,
            )
            for place, button in enumerate(button for each in structured for button in each.buttons)
        ],
    )


def render_blocks(
    translator: Translator, blocks: Iterable[Block], language: str
) -> list[ReplyBlock]:
    """Return blocks in that language."""

    def say(text: Text | None) -> str:
        return "" if text is None else translator.say(text, language)

    return [_rendered(block, say) for block in blocks]


def _rendered(block: Block, say: Callable[[Text | None], str]) -> ReplyBlock:
    match block:
        case Heading(text):
            return HeadingBlock(type="heading", text=say(text))
        case Paragraph(text):
            return ParagraphBlock(type="paragraph", text=say(text))
        case Facts(rows):
            facts = [
                FactRow(label=say(row.label), value=say(row.value), kind=row.kind) for row in rows
            ]
            return FactsBlock(type="facts", rows=facts)
        case Checklist(heading, items, ready):
            listed = [say(item) for item in items]
            done = sorted(ready)
            return ChecklistBlock(type="checklist", heading=say(heading), items=listed, ready=done)
        case Note(text):
            return NoteBlock(type="note", text=say(text))
        case Links(links, heading):
            found = [LinkItem(label=say(link.label), url=link.url) for link in links]
            return LinksBlock(type="links", heading=say(heading), links=found)
        case Actions(actions):
            offered = [ActionItem(kind=each.kind, label=say(each.label)) for each in actions]
            return ActionsBlock(type="actions", actions=offered)
        case Attachment(kind, label):
            return AttachmentBlock(type="attachment", kind=kind, label=say(label))
        case Place(name, address, latitude, longitude):
            return PlaceBlock(
                type="place",
                label=say(_("Place")),
                name=say(name),
                address=say(address),
                latitude=latitude,
                longitude=longitude,
            )


def _blocks_of(
    translator: Translator, messages: Sequence[Text | Message], language: str
) -> list[ReplyBlock]:
    """Return the blocks of all messages in order; none where all are plain texts."""
    if not any(isinstance(each, Message) for each in messages):
        return []
    blocks: list[Block] = []
    for each in messages:
        blocks += each.blocks if isinstance(each, Message) else [Paragraph(each)]
    return render_blocks(translator, blocks, language)


def _paragraphs(said: list[str]) -> str:
    """Return texts as one, with empty lines around those of several lines."""
    text = ""
    for before, part in zip(["", *said], said, strict=False):
        spaced = "\n" in before or "\n" in part
        text += (("\n\n" if spaced else "\n") if text else "") + part
    return text
