"""The catalogue as /api/v1 shows it: what a program needs to book."""

from typing import Any

from pydantic import BaseModel, Field

from core.catalogue.model import Channel, Consent, Desk, FieldType, Municipality, Service

Localized = dict[str, str]
"""A text by language: `el`, and `en` where there is one."""


class OptionModel(BaseModel):
    """An answer that can be given."""

    id: str
    label: Localized
    stops: Localized | None = Field(description="Why the office can't help whoever answers so.")


class QuestionModel(BaseModel):
    """A question before a booking; it is asked where `when` holds."""

    id: str
    text: Localized
    options: list[OptionModel]
    when: dict[str, str | list[str]]


class FieldModel(BaseModel):
    """A detail of a booking; it is asked for where `when` holds."""

    id: str
    type: FieldType
    label: Localized
    required: bool
    options: list[OptionModel]
    when: dict[str, str | list[str]] = Field(
        description="The answers to another field, question or `channel` with which it is asked."
    )


class ConsentModel(BaseModel):
    """A text to which the citizen agrees."""

    reference: str = Field(description="What is sent with a booking: its id and version.")
    text: Localized
    link: str | None


class ServiceModel(BaseModel):
    """A service. `duration`, `interval` (of starts): in minutes."""

    id: str
    name: Localized
    duration: int
    interval: int
    horizon_days: int
    branches: dict[str, list[Channel]] = Field(description="Where it is offered, and how.")
    questions: list[QuestionModel]
    fields: list[FieldModel]
    consents: dict[Channel, ConsentModel]


class GroupModel(BaseModel):
    """A department, or a thematic field of ΚΕΠ."""

    id: str
    name: Localized
    services: list[ServiceModel]


class DeskModel(BaseModel):
    """A desk, as BRANCH/DESK, and what it serves."""

    id: str
    channels: list[Channel]
    services: list[str]


class BranchModel(BaseModel):
    """A place that serves."""

    id: str
    name: Localized
    address: Localized | None
    desks: list[DeskModel]


class MunicipalityModel(BaseModel):
    """A municipality."""

    id: str
    name: Localized
    timezone: str
    branches: list[BranchModel]
    groups: list[GroupModel]


class MunicipalityName(BaseModel):
    """A municipality, by name."""

    id: str
    name: Localized


class Municipalities(BaseModel):
    """The municipalities of a key."""

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
                **_plain(each, "id", "type", "label", "required", "when"), options=_options(each)
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
