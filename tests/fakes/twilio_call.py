"""A simulated telephone call by Twilio: fetches TwiML, checks and performs it, answers it.

It knows TwiML and Twilio's rules only: https://www.twilio.com/docs/voice/twiml/gather,
https://www.twilio.com/docs/voice/twiml/say, https://www.twilio.com/docs/voice/twiml/dial.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from xml.etree import ElementTree as ET

from tests.fakes.twilio import SID

Fetch = Callable[[str, Mapping[str, str]], str]
"""Sends a form to an address, and returns the TwiML that it is answered with."""

ATTRIBUTES = {
    "Say": {"voice", "language", "loop"},
    "Pause": {"length"},
    "Hangup": set[str](),
    "Dial": {"action", "method", "timeout", "callerId", "timeLimit"},
    "Gather": {
        *("input", "action", "method", "language", "hints", "timeout", "speechTimeout"),
        *("finishOnKey", "actionOnEmptyResult", "numDigits", "speechModel", "profanityFilter"),
    },
}
"""The verbs that Rantevou uses, with their attributes."""

MAX_SAID = 3000
"""The longest text of one <Say>."""

NO_ANSWER = "no-answer"


@dataclass
class Call:
    """A call to a number of ours, or from it, until one of the two hangs up."""

    fetch: Fetch
    url: str
    number: str = "+302721012345"
    sid: str = "CA" + "1" * 32
    twiml: str = ""
    """What is performed when a call of ours is answered."""
    ended: bool = False
    employee: str = NO_ANSWER
    """What becomes of a call that is put through."""
    doubled: bool = False
    """Whether each request is sent twice."""
    said: list[str] = field(default_factory=list)
    """What was said last, each text by itself."""
    dialed: list[str] = field(default_factory=list)
    gather: dict[str, str] = field(default_factory=dict)
    """The attributes of the <Gather> that waits."""
    _rest: list[Any] = field(default_factory=list)

    def begin(self) -> list[str]:
        """Call; return what is said."""
        return self._request(self.url, {"CallStatus": "ringing"})

    def answer(self) -> list[str]:
        """Answer a call of ours; return what is said."""
        self._take(self.twiml)
        return self.said

    def is_answered_by(self, who: str) -> None:
        """Tell who has answered a call of ours, as is found while it goes on."""
        self.fetch(self.url, {"CallSid": self.sid, "AccountSid": SID, "AnsweredBy": who})

    def press(self, keys: str) -> list[str]:
        """Press keys, as far as they are waited for; return what is said."""
        assert "dtmf" in self.gather.get("input", "dtmf").split(), self.gather
        end = self.gather.get("finishOnKey", "#")
        keys = keys[: int(self.gather.get("numDigits", len(keys)))]
        given, found, _rest = keys.partition(end) if end else (keys, "", "")
        if not given and found:
            return self.be_silent()
        return self._answer({"Digits": given})

    def say(self, text: str, confidence: float = 0.9) -> list[str]:
        """Say something; return what is said then."""
        assert "speech" in self.gather["input"].split(), self.gather
        return self._answer({"SpeechResult": text, "Confidence": str(confidence)})

    def be_silent(self) -> list[str]:
        """Say and press nothing; return what is said then."""
        if self.gather.get("actionOnEmptyResult") == "true":
            return self._answer({})
        self.said = []
        self._perform()  # what follows the <Gather>
        return self.said

    def hang_up(self) -> None:
        """Hang up: Twilio fetches nothing more, but tells the end of the call."""
        self.ended = True
        self.report("completed")

    def report(self, status: str) -> None:
        """Tell a status of the call."""
        self._post(self.url, {"CallStatus": status, "CallDuration": "40"})

    def _answer(self, given: Mapping[str, str]) -> list[str]:
        assert not self.ended, "the call has ended"
        return self._request(self.gather["action"], {"CallStatus": "in-progress", **given})

    def _request(self, url: str, given: Mapping[str, str]) -> list[str]:
        self._take(self._post(url, given))
        return self.said

    def _take(self, twiml: str) -> None:
        response = ET.fromstring(twiml)  # noqa: S314 it is ours
        assert response.tag == "Response"
        self.said, self.gather, self._rest = [], {}, list(response)
        for each in self._rest:
            check(each)
        self._perform()

    def _post(self, url: str, given: Mapping[str, str]) -> str:
        ours, theirs = ("From", "To") if self.twiml else ("To", "From")
        form = {
            "CallSid": self.sid,
            "AccountSid": SID,
            theirs: self.number,
            ours: "+302100000000",
            "Direction": "outbound-api" if self.twiml else "inbound",
            "ApiVersion": "2010-04-01",
            **given,
        }
        answer = self.fetch(url, form)
        if self.doubled:
            assert self.fetch(url, form) == answer
        return answer

    def _perform(self) -> None:
        """Perform verbs until one waits for an answer, or the call ends."""
        while self._rest:
            verb = self._rest.pop(0)
            match verb.tag:
                case "Say":
                    self.said.append(verb.text or "")
                case "Gather":
                    self.said += [each.text or "" for each in verb if each.tag == "Say"]
                    self.gather = dict(verb.attrib)
                    return
                case "Dial":
                    self.dialed.append("".join(verb.itertext()))
                    status = {"DialCallStatus": self.employee, "CallStatus": "in-progress"}
                    before = self.said
                    self.said = [*before, *self._request(verb.attrib["action"], status)]
                    return
                case "Hangup":
                    break
        self.hang_up()


def check(verb: ET.Element) -> None:
    """Assert that a verb is one of Twilio's, as far as Rantevou uses them."""
    assert verb.tag in ATTRIBUTES, verb.tag
    assert not verb.attrib.keys() - ATTRIBUTES[verb.tag], verb.attrib
    if verb.tag == "Say":
        assert 0 < len(verb.text or "") <= MAX_SAID
        assert verb.attrib["language"] in ("el-GR", "en-GB")
    if verb.tag == "Gather":
        assert set(verb.attrib["input"].split()) <= {"dtmf", "speech"}
        if "speech" in verb.attrib["input"]:
            assert verb.attrib["speechTimeout"].isdigit(), "“auto” warns: 13335"
        assert len(verb.attrib.get("hints", "")) <= 500 * 100
        for each in verb:
            assert each.tag in ("Say", "Pause")
            check(each)
