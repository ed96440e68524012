"""`make understand`: write the table of docs/understanding.md; with `-v`, show what isn't right."""

import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from core.catalogue.loader import SHIPPED, read_catalogue
from tests.understanding.judge import Verdict, judge
from tests.understanding.taken import Conversations, Taken, conversations

UTTERANCES = Path(__file__).parent / "utterances.yaml"
TABLE = Path(__file__).parents[2] / "docs" / "understanding.md"
BEGIN, END = "<!-- table -->\n", "<!-- end of table -->\n"
LANGUAGES = ("el", "greeklish", "en", "mixed")


def utterances(file: Path = UTTERANCES) -> list[Mapping[str, Any]]:
    """Return the utterances of a file."""
    found: list[Mapping[str, Any]] = yaml.safe_load(file.read_text("utf-8"))
    return found


def judged(
    talk: Conversations, texts: list[Mapping[str, Any]]
) -> Iterator[tuple[Mapping[str, Any], Taken, Verdict]]:
    """Yield each utterance, how it was taken and how well."""
    bodies = [read_catalogue(file) for file in SHIPPED.glob("*.yaml")]
    where = {service: body for body in bodies for service in body.services}
    for each in texts:
        expected, asked = each["expect"], each["asked"]
        if asked == "service":
            named = where.get(expected.get("service", ""))
            asked = f"service {expected.get('municipality') or (named.id if named else 'larissa')}"
        elif asked == "start" and each["kind"] == "command":
            asked = "menu"
        body = where.get(expected.get("service", ""))
        name = next(iter(body.name.values())) if body and "municipality" not in expected else ""
        taken = talk.take(asked, each["text"], name)
        yield each, taken, judge(each["kind"], expected, taken)


def table(counts: Counter[tuple[str, str, Verdict]]) -> str:
    """Return the shares of each kind and language, as a table of Markdown."""
    lines = [
        "| kind | utterances | right | asked again | harmful | " + " | ".join(LANGUAGES) + " |",
        "| --- | --- | --- | --- | --- | " + " | ".join("---" for _each in LANGUAGES) + " |",
    ]
    for kind in (*dict.fromkeys(kind for kind, _language, _verdict in counts), ""):
        of = {k: n for k, n in counts.items() if kind in ("", k[0])}
        total = sum(of.values())

        def share(verdict: Verdict, language: str = "", of: Mapping[Any, int] = of) -> str:
            fitting = {k: n for k, n in of.items() if language in ("", k[1])}
            hits = sum(n for k, n in fitting.items() if k[2] is verdict)
            return f"{hits / sum(fitting.values()):.0%}" if fitting else ""

        shares = [share(verdict) for verdict in Verdict]
        shares += [share(Verdict.RIGHT, language) for language in LANGUAGES]
        lines.append(f"| {kind or 'all'} | {total} | " + " | ".join(shares) + " |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Judge all utterances, or those of a file; write the table, or only print it."""
    arguments = [argument for argument in sys.argv[1:] if argument != "-v"]
    counts: Counter[tuple[str, str, Verdict]] = Counter()
    with conversations() as talk:
        for each, taken, verdict in judged(talk, utterances(*map(Path, arguments[:1]))):
            counts[each["kind"], each["language"], verdict] += 1
            if verdict is not Verdict.RIGHT and "-v" in sys.argv:
                decided = {**taken.new_answers, **taken.new_wishes}
                said = (verdict, each["kind"], each["asked"], each["text"], each["expect"], decided)
                sys.stdout.write(f"{' | '.join(map(str, said))} | {taken.commands}\n")
    written = table(counts)
    sys.stdout.write(written)
    if not arguments:
        before, _old, after = TABLE.read_text("utf-8").partition(BEGIN)
        after = after.partition(END)[2]
        TABLE.write_text(before + BEGIN + written + END + after, "utf-8")


if __name__ == "__main__":
    main()
