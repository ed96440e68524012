"""A catalogue that is right, to be broken, and what is then said of it."""

from pathlib import Path

import pytest

from core.catalogue.loader import CatalogueInvalid, read_catalogue

GOOD = """\
id: town
name: {el: Δήμος, en: Town}
contact: {phone: "2100000000"}
rules: {hold_minutes: 10}
consents:
  - {id: details, version: "1", title: {el: Σ, en: C}, text: {el: Ναι, en: Yes}}
fields:
  - {id: name, type: name, label: {el: Ν, en: N}, question: {el: Ν;, en: N?}}
  - {id: phone, type: phone, label: {el: Τ, en: P}, question: {el: Τ;, en: P?}}
  - id: third
    type: yes_no
    label: {el: Τ, en: T}
    question: {el: Τ;, en: T?}
  - id: third_email
    type: email
    when: {third: yes, channel: video}
    label: {el: Τ, en: T}
    question: {el: Τ;, en: T?}
closures:
  - {from: 2027-01-04, to: 2027-01-05, reason: {el: Γ, en: F}}
branches:
  - id: office
    name: {el: Γραφείο, en: Office}
    desks:
      - id: one
        services: [papers]
        channels: [in_person, video]
        openings:
          - {days: [mon, tue], start: 12:30, end: 14:20}
          - {days: [wed], start: 09:00, end: 10:00, channels: [video], services: [papers]}
groups:
  - id: group
    name: {el: Τμήμα, en: Department}
    services:
      - id: papers
        name: {el: Χαρτιά, en: Papers}
        channels: [in_person, video]
        duration: 30
        interval: 40
        screening:
          - id: first
            text: {el: Π;, en: F?}
            label: {el: Π, en: F}
            options:
              - {id: yes, label: {el: Ναι, en: Yes}}
              - {id: no, label: {el: Όχι, en: No}}
          - id: second
            when: {first: yes}
            text: {el: Δ;, en: S?}
            label: {el: Δ, en: S}
            options:
              - {id: a, label: {el: Α, en: A}}
              - {id: b, label: {el: Β, en: B}}
        consent: details
"""
PAPERS = "groups.0.services.0"
DESK = "branches.0.desks.0"
EMAIL = "{id: email, type: email, label: {el: Ε, en: E}, question: {el: Ε;, en: E?}}"


def wrong(tmp_path: Path, text: str | bytes) -> list[tuple[int, str, str]]:
    """The line, field and expectation of each thing wrong in a file."""
    file = tmp_path / "town.yaml"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    with pytest.raises(CatalogueInvalid) as bad:
        read_catalogue(file)
    assert str(bad.value) == "\n".join(
        f"{file}:{found.line}: {found.field}{': ' * bool(found.field)}{found.expected}"
        for found in bad.value.problems
    )
    return [(found.line, found.field, found.expected) for found in bad.value.problems]


def line_of(text: str, part: str) -> int:
    return text[: text.index(part)].count("\n") + 1
