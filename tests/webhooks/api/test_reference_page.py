"""The documentation: whole in itself, with nothing fetched from outside."""

import json
import re
from html import unescape
from html.parser import HTMLParser
from uuid import uuid4

import httpx
import pytest

PAGES = ["/docs", "/openapi.json"]


class Links(HTMLParser):
    """The addresses a page refers to."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.tags: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.found += [value or "" for name, value in attrs if name in ("href", "src", "action")]


def test_the_documentation_describes_the_turn(client: httpx.Client) -> None:
    page = client.get("/docs")
    assert page.status_code == 200
    assert '<html lang="en">' in page.text
    text = unescape(page.text)
    for word in ("POST /chat/turns", "conversation", "message_id", "choice", "timezone", "Retry"):
        assert word in text
    for status in ("200", "404", "413", "422", "429", "503"):
        assert f"<td>{status}</td>" in text
    assert "/openapi.json" in Links(page.text).found


def test_the_documentation_has_all_that_is_sent_and_where_its_fields_are(
    client: httpx.Client,
) -> None:
    text, described = client.get("/docs").text, client.get("/openapi.json").json()
    pointed = {each.partition("#")[2] for each in Links(text).found if "/docs#" in each}
    assert pointed <= {*re.findall(r'<section id="(\w+)">', text)}
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            heading, *_others = text.partition(f"<h2>{method.upper()} {path}</h2>")[2].split("<h2>")
            assert operation.get("description", "").rpartition("\n")[2] in unescape(heading)
            for each in operation.get("parameters", ()):
                assert f"<tr><td>{each['name']}</td><td>{each['in']}," in heading
            refs = re.findall(r"#/components/schemas/(\w+)", json.dumps(operation))
            assert all(f'/docs#{name}">{name}</a>' in heading for name in refs), path


def test_the_documentations_example_works_and_no_two_readers_share_a_conversation(
    client: httpx.Client,
) -> None:
    examples = [unescape(client.get("/docs").text) for _ in range(2)]
    found = [re.search(r"curl -s (\S+) .*? -d '(\{.*?\})'", page, re.DOTALL) for page in examples]
    tokens = set()
    for example in found:
        assert example
        answer = httpx.post(
            example[1], content=example[2], headers={"Content-Type": "application/json"}
        )
        assert answer.status_code == 200
        tokens.add(answer.json()["conversation"])
    assert len(tokens) == 2


def test_the_description_names_every_field_and_problem(client: httpx.Client) -> None:
    described = client.get("/openapi.json").json()
    citizens = {path for path in described["paths"] if not path.startswith("/api/v1/")}
    assert citizens == {"/chat/turns"}
    turn = described["paths"]["/chat/turns"]["post"]
    assert set(turn["responses"]) == {"200", "404", "413", "422", "429", "503"}
    for status, answer in turn["responses"].items():
        kind = "application/json" if status == "200" else "application/problem+json"
        assert list(answer["content"]) == [kind]
    schemas = described["components"]["schemas"]
    assert set(schemas["TurnRequest"]["properties"]) == {
        "conversation",
        "message_id",
        "text",
        "choice",
        "language",
        "timezone",
    }
    assert set(schemas["TurnAnswer"]["properties"]) == {"conversation", "replies"}
    assert set(schemas["TurnReply"]["properties"]) == {"text", "blocks", "step", "choices"}
    page = client.get("/docs").text
    for block in schemas["TurnReply"]["properties"]["blocks"]["items"]["oneOf"]:
        assert f"<h2>{block['$ref'].rpartition('/')[2]}</h2>" in page
    assert "<h2>FactRow</h2>" in page


def test_the_descriptions_patterns_are_read_by_any_program_and_times_are_by_their_form(
    client: httpx.Client,
) -> None:
    described = client.get("/openapi.json")
    patterns = re.findall(r'"pattern":("(?:\\.|[^"\\])*")', described.text)
    for each in map(json.loads, patterns):
        re.compile(each)
        assert "\\p" not in each.lower()
    closure = described.json()["components"]["schemas"]["NewClosure"]
    for name, right in (("start", "10:00"), ("end", "24:00")):
        string, _null = closure["properties"][name]["anyOf"]
        assert "format" not in string
        assert re.search(string["pattern"], closure["examples"][0][name])
        assert re.search(string["pattern"], right)
        assert not re.search(string["pattern"], "10:00:00Z")


@pytest.mark.parametrize(
    ("given", "count"),
    [
        ({"text": "x"}, 1),
        ({"text": "", "choice": None}, 1),
        ({"choice": "1.1"}, 1),
        ({"choice": "1.1", "text": None}, 1),
        ({"text": "x", "choice": "1.1"}, 2),
        ({}, 0),
        ({"text": None, "choice": None}, 0),
    ],
)
def test_the_description_says_that_either_a_text_or_a_choice_is_sent(
    client: httpx.Client, given: dict[str, str | None], count: int
) -> None:
    """As `oneOf` is read: exactly one of its schemas must match."""
    schema = client.get("/openapi.json").json()["components"]["schemas"]["TurnRequest"]
    matching = 0
    for each in schema["oneOf"]:
        (field,) = each["required"]
        assert each["properties"] == {field: {"type": "string"}}
        matching += isinstance(given.get(field), str)
    assert matching == count
    body = {"message_id": str(uuid4()), **given}
    assert client.post("/chat/turns", json=body).status_code == (200 if count == 1 else 422)


def test_the_description_says_what_a_time_zone_and_a_language_may_be(client: httpx.Client) -> None:
    fields = client.get("/openapi.json").json()["components"]["schemas"]["TurnRequest"][
        "properties"
    ]
    nullable = [{"type": "string"}, {"type": "null"}]
    assert fields["timezone"]["anyOf"] == fields["language"]["anyOf"] == nullable
    assert "a zone of the IANA database" in fields["timezone"]["description"]
    assert "We speak el, en" in fields["language"]["description"]


@pytest.mark.parametrize("path", PAGES)
def test_a_page_has_no_address_outside_and_no_script(client: httpx.Client, path: str) -> None:
    text = client.get(path).text
    own = str(client.base_url).rstrip("/")
    text_of_ours = text.replace(own, "").replace('"https://example.gr/hook"', "")  # an example
    outside = re.findall(r"(?:https?:)?//[\w.]", text_of_ours)
    assert outside == []
    if path != "/openapi.json":
        page = Links(text)
        assert "script" not in page.tags
        assert all(link.startswith("/") and not link.startswith("//") for link in page.found)
        assert "@import" not in text
        assert "url(" not in text


@pytest.mark.parametrize("path", PAGES)
def test_a_page_holds_nothing_of_the_hosts_name_unescaped(client: httpx.Client, path: str) -> None:
    answer = client.get(path, headers={"Host": '"><script>alert(1)</script>'})
    assert "<script>" not in answer.text
