"""The base of the models of a catalogue's parts."""

from pydantic import BaseModel, ConfigDict


class CatalogueModel(BaseModel):
    """The base of a catalogue's parts: frozen, without unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)
