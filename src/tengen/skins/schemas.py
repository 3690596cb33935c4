"""Skins on the wire of the metaserver."""

from pydantic import BaseModel, Field

from tengen.skins.service import Skin


class SkinRead(BaseModel):
    """A look for a unit of the game."""

    id: int = Field(examples=[2])
    description: str | None
    kind: str = Field(examples=["shield"])
    unit: str = Field(examples=["nomad"])
    model_path: str = Field(examples=["units/nomad/shield_a.model"])

    @classmethod
    def of(cls, skin: Skin) -> "SkinRead":
        """The wire form of a skin."""
        return cls.model_construct(
            id=skin.id, description=skin.description, kind=skin.kind, unit=skin.unit, model_path=skin.model_path
        )
