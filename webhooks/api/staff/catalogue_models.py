"""The catalogue as /api/v1 shows it: what a program needs to book."""

from typing import Any

from pydantic import BaseModel, Field

from core.catalogue.model import Channel, Consent, Desk, FieldType, Municipality, Service
from webhooks.api.staff.models import Model, example

Localized = dict[str, str]
"""A text by language: `el`, and `en` where there is one."""

NO: dict[str, Any] = {"id": "no", "label": {"el": "Όχι", "en": "No"}, "stops": None}
QUESTION: dict[str, Any] = {
    "id": "receives",
    "text": {"el": "Λαμβάνετε ήδη το επίδομα;", "en": "Do you receive the benefit already?"},
    "options": [NO],
    "when": {},
}
FIELD: dict[str, Any] = {
    "id": "tax_number",
    "type": "tax_number",
    "label": {"el": "ΑΦΜ", "en": "Tax number"},
    "required": True,
    "options": [],
    "when": {},
}
CONSENT: dict[str, Any] = {
    "reference": "details sample-1",
    "text": {"el": "Συμφωνώ να κρατηθούν τα στοιχεία μου.", "en": "My details may be kept."},
    "link": None,
}
NAME = {"el": "Επίδομα Στέγασης", "en": "Housing Benefit"}
SERVICE: dict[str, Any] = {
    "id": "epidoma-stegasis",
    "name": NAME,
    "duration": 30,
    "interval": 30,
    "horizon_days": 60,
    "branches": {"koinoniki-arogi": ["in_person"]},
    "questions": [QUESTION],
    "fields": [FIELD],
    "consents": {"in_person": CONSENT},
}
GROUP: dict[str, Any] = {
    "id": "benefits",
    "name": {"el": "Επιδόματα", "en": "Benefits"},
    "services": [SERVICE],
}
DESK: dict[str, Any] = {
    "id": "koinoniki-arogi/stegasi",
    "channels": ["in_person"],
    "services": ["epidoma-stegasis"],
}
BRANCH: dict[str, Any] = {
    "id": "koinoniki-arogi",
    "name": {"el": "Κοινωνική Αρωγή", "en": "Social Services"},
    "address": None,
    "desks": [DESK],
}
TOWN: dict[str, Any] = {
    "id": "kalamata",
    "name": {"el": "Δήμος Καλαμάτας", "en": "Municipality of Kalamata"},
}


class OptionModel(Model):
    """An answer that can be given."""

    model_config = example(**NO)

    id: str
    label: Localized
    stops: Localized | None = Field(description="Why the office can't help whoever answers so.")


class QuestionModel(Model):
    """A question before a booking; it is asked where `when` holds."""

    model_config = example(**QUESTION)

    id: str
    text: Localized
    options: list[OptionModel]
    when: dict[str, str | list[str]]


class FieldModel(Model):
    """A detail of a booking; it is asked for where `when` holds."""

    model_config = example(**FIELD)

    id: str
    type: FieldType
    label: Localized
    required: bool
    options: list[OptionModel]
    when: dict[str, str | list[str]] = Field(
        description="The answers to another field, question or `channel` with which it is asked."
    )


class ConsentModel(Model):
    """A text to which the citizen agrees."""

    model_config = example(**CONSENT)

    reference: str = Field(description="What is sent with a booking: its id and version.")
    text: Localized
    link: str | None


class ServiceModel(Model):
    """A service. `duration`, `interval` (of starts): in minutes."""

    model_config = example(**SERVICE)

    id: str
    name: Localized
    duration: int
    interval: int
    horizon_days: int
    branches: dict[str, list[Channel]] = Field(description="Where it is offered, and how.")
    questions: list[QuestionModel]
    fields: list[FieldModel]
    consents: dict[Channel, ConsentModel]


class GroupModel(Model):
    """A department, or a thematic field of ΚΕΠ."""

    model_config = example(**GROUP)

    id: str
    name: Localized
    services: list[ServiceModel]


class DeskModel(Model):
    """A desk, as BRANCH/DESK, and what it serves."""

    model_config = example(**DESK)

    id: str
    channels: list[Channel]
    services: list[str]


class BranchModel(Model):
    """A place that serves."""

    model_config = example(**BRANCH)

    id: str
    name: Localized
    address: Localized | None
    desks: list[DeskModel]


class MunicipalityModel(Model):
    """A municipality."""

    model_config = example(**TOWN, timezone="Europe/Athens", branches=[BRANCH], groups=[GROUP])

    id: str
    name: Localized
    timezone: str
    branches: list[BranchModel]
    groups: list[GroupModel]


class MunicipalityName(Model):
    """A municipality, by name."""

    model_config = example(**TOWN)

    id: str
    name: Localized


class Municipalities(Model):
    """The municipalities of a key."""

    model_config = example(municipalities=[TOWN])

    municipalities: list[MunicipalityName]


def show_municipality(body: Municipality) -> MunicipalityModel:
    """Return a municipality as it is shown."""
    return MunicipalityModel(
        **_plain(body, "id", "name", "timezone"),
        branches=[
            BranchModel(
                **_plain(branch, "id", "name", "address"),
                desks=[_desk(body, branch.id, desk) for desk in branch.desks],
            )
            for branch in body.branches
        ],
        groups=[
            GroupModel(
                **_plain(group, "id", "name"),
                services=[_service(body, service) for service in group.services],
            )
            for group in body.groups
        ],
    )


def _desk(body: Municipality, branch: str, desk: Desk) -> DeskModel:
    served = [each for each in body.services if desk.serves(each)]
    return DeskModel(id=f"{branch}/{desk.id}", channels=list(desk.channels), services=served)


def _service(body: Municipality, service: Service) -> ServiceModel:
    consents = {each: body.consent_of(service, each) for each in service.channels}
    return ServiceModel(
        **_plain(service, "id", "name", "duration", "interval", "horizon_days"),
        branches={
            branch.id: body.channels_of(service, branch) for branch in body.branches_of(service.id)
        },
        questions=[
            QuestionModel(**_plain(each, "id", "text", "when"), options=_options(each))
            for each in service.screening
        ],
        fields=[
            FieldModel(
                **_plain(each, "id", "type", "label", "when"),
                required=any(
                    body.demands(each, channel, sends_email=True) for channel in service.channels
                ),
                options=_options(each),
            )
            for each in body.fields_of(service)
        ],
        consents={channel: _consent(each) for channel, each in consents.items() if each},
    )


def _options(asked: Any) -> list[OptionModel]:
    return [
        OptionModel(
            **_plain(each, "id", "label"),
            stops=_plain(each.stop, "reason")["reason"] if each.stop else None,
        )
        for each in asked.options
    ]


def _consent(consent: Consent) -> ConsentModel:
    return ConsentModel(reference=str(consent.reference), **_plain(consent, "text", "link"))


def _plain(part: BaseModel, *fields: str) -> dict[str, Any]:
    """Return fields of a part of a catalogue, with texts by language."""
    return part.model_dump(mode="json", include=set(fields))
