"""Writes the texts of parts.json.gz: one JSON list of texts to standard output.

`count.js` counts them. Texts of the program are folded and as they are; the others are made by
chance, near the limits, with characters of one and of two units.
"""

import json
import random
import sys
from pathlib import Path

from babel.messages.pofile import read_po

from bot.platforms.sms.gsm import BASIC, EXTENDED, fold

LOCALES = Path(__file__).parents[3] / "locales"
LIMITS = (160, 153, 306, 459, 70, 67, 134, 201)
UNICODE = "αβγδέήίόύώςΐΰ–«»…😀"


def texts() -> list[str]:
    chance = random.Random(19)
    said = [
        str(message.string)
        for language in ("el", "en")
        for message in read_po((LOCALES / language / "LC_MESSAGES/messages.po").open("rb"))
        if isinstance(message.string, str) and len(message.string) > 40
    ]
    made = ["A" * 152 + "€" + "A" * 152]
    for _time in range(1500):
        length = chance.choice(LIMITS) + chance.randint(-3, 3)
        rare = chance.choice([EXTENDED, UNICODE, BASIC, EXTENDED + UNICODE[-3:]])
        often = chance.choice([0.01, 0.1, 0.5])
        made.append(
            "".join(
                chance.choice(rare if chance.random() < often else "ABΓΔ 12")
                for _place in range(length)
            )
        )
    return list(dict.fromkeys([*said, *map(fold, said), *made]))


if __name__ == "__main__":
    json.dump(texts(), sys.stdout, ensure_ascii=False)
