"""What is said in a call, as TwiML: sentences, then a question, answered by keys or by voice."""

from collections.abc import Iterator, Mapping
from urllib.parse import urlencode

from twilio.twiml.voice_response import Dial, Gather, VoiceResponse

from bot.i18n.spoken import SpokenTranslator, for_ear, parts_for_ear
from bot.i18n.translator import own_name
from bot.messages import OutgoingCall, Reply, ReplyChoice
from core.i18n import LANGUAGES, _
from dialogs.messages.call import AGAIN, WRONG_NUMBER

LOCALES: Mapping[str, str] = {"el": "el-GR", "en": "en-GB"}
"""The languages of voices and of what is understood, by ours (BCP 47)."""

SECONDS = 6
"""The time that an answer is waited for, and the next key of several."""

PAUSE = 2
"""The silence after which somebody has ended what they say, in seconds."""

MAX_HINTS = 40
"""The most names of choices that the recognition is told."""

RINGS = 25
"""The seconds that an employee's telephone rings."""

MINE, NOT_MINE = "1", "2"
"""The keys that answer a call of ours."""

SEVERAL_KEYS = ("phone", "digits", "code")
"""The kinds of answers of which more keys than one are pressed."""


class Writer:
    """Writes replies as TwiML, whose answers go to an address."""

    def __init__(self, texts: SpokenTranslator, voices: Mapping[str, str], url: str) -> None:
        """`voices` are Twilio's names of voices by language; `url` is our webhook's."""
        self._texts, self._voices, self._url = texts, voices, url

    def respond(self, replies: list[Reply], place: int) -> str:
        """Return the TwiML of a turn's replies; `place` is that of the next answer in the call."""
        response = VoiceResponse()
        for reply in replies:
            self._add(response, reply, place)
        return str(response)

    def call(self, call: OutgoingCall, language: str) -> str:
        """Return the TwiML of a call of ours; only keys answer it, for a machine speaks."""
        response = VoiceResponse()
        for said in (call.asks, call.asks_again):
            self._ask_whose(response, call.row, said, language)
        self._say(response, call.at_last, language)
        response.hangup()
        return str(response)

    def ask_again(self, row: int, language: str) -> str:
        """Return the TwiML after a key that says nothing in a call of ours."""
        response = VoiceResponse()
        self._ask_whose(response, row, self._texts.say(AGAIN, language), language)
        response.hangup()
        return str(response)

    def wrong_number(self, language: str) -> str:
        """Return the TwiML that ends a call of ours to a wrong number."""
        response = VoiceResponse()
        self._say(response, self._texts.say(WRONG_NUMBER, language), language)
        response.hangup()
        return str(response)

    def _ask_whose(self, response: VoiceResponse, row: int, said: str, language: str) -> None:
        gather = Gather(
            input="dtmf",
            action=f"{self._url}?{urlencode({'row': row, 'n': 1, 'language': language})}",
            method="POST",
            timeout=SECONDS,
            num_digits=1,
            finish_on_key="",
        )
        self._say(gather, said, language)
        response.append(gather)

    def _add(self, response: VoiceResponse, reply: Reply, place: int) -> None:
        language = reply.language
        if reply.hangs_up or reply.dial:
            self._say(response, reply.spoken or reply.text, language)
            if reply.hangs_up:
                response.hangup()
            else:
                dial = Dial(action=self._action(reply, place), timeout=RINGS)
                dial.number(reply.dial)
                response.append(dial)
            return
        gather = Gather(
            input="dtmf speech",
            action=self._action(reply, place),
            method="POST",
            language=LOCALES[language],
            hints=", ".join(each.label for each in reply.choices[:MAX_HINTS]),
            timeout=SECONDS,
            speech_timeout=str(PAUSE),
            finish_on_key="",  # else "#" ends the answer, which repeats the question
            action_on_empty_result=True,
            **({} if reply.input in SEVERAL_KEYS else {"num_digits": 1}),
        )
        said, last = reply.spoken or reply.brief or reply.text, None
        for choice in reply.choices:
            if (other := _language_named(choice)) and other != language:
                last = (choice, other)
        first, _break, rest = said.partition("\n")
        self._say(gather, first, language)
        if last:  # before all else, for who doesn't understand it
            self._say(gather, self._language_offer(*last), last[1])
        self._say(gather, rest, language)
        self._say(gather, "\n".join(self._choices(reply, last[0] if last else None)), language)
        response.append(gather)

    def _choices(self, reply: Reply, but: ReplyChoice | None) -> Iterator[str]:
        for choice in reply.choices:
            if choice is not but:
                yield self._offer(choice, reply.language)

    def _offer(self, choice: ReplyChoice, language: str) -> str:
        """Return the words that offer a choice with its key."""
        key = self._texts.number(choice.number or 0, language)
        label = for_ear(choice.label, language).rstrip(".")
        return self._texts.say(_("{choice}, press {key}.", choice=label, key=key), language)

    def _language_offer(self, choice: ReplyChoice, language: str) -> str:
        """Return the words that offer another language, in that one."""
        key = self._texts.number(choice.number or 0, language)
        offered = _("For {language}, press {key}.", language=choice.label, key=key)
        return self._texts.say(offered, language)

    def _say(self, to: VoiceResponse | Gather, text: str, language: str) -> None:
        for said in parts_for_ear(text, language):
            to.say(said, voice=self._voices[language], language=LOCALES[language])

    def _action(self, reply: Reply, place: int) -> str:
        """Return the address for the answer: its place, and the number of its question."""
        first = next((each.id for each in reply.choices), "")
        question = {"q": first.partition(".")[0]} if first else {}
        return f"{self._url}?{urlencode({'n': place} | question)}"


def _language_named(choice: ReplyChoice) -> str | None:
    """Return the language that a choice switches to, if it does."""
    return next((each for each in LANGUAGES if own_name(each) == choice.label), None)
