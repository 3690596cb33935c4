"""Tables of skins: what there is, and who may wear it."""

from datetime import datetime

from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from tengen.core.database import Table


class SkinRow(Table):
    """A look for a unit of the game."""

    __tablename__ = "skins"

    id: Mapped[int] = mapped_column(primary_key=True)
    description: Mapped[str | None] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    unit: Mapped[str] = mapped_column(Text)
    model_path: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]


class AccountSkinRow(Table):
    """A skin that an account may wear."""

    __tablename__ = "account_skins"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True, autoincrement=False)
    skin_id: Mapped[int] = mapped_column(ForeignKey("skins.id"), primary_key=True, autoincrement=False)
    given_at: Mapped[datetime]


class ClanSkinRow(Table):
    """A skin that the members of a clan may wear."""

    __tablename__ = "clan_skins"

    clan_id: Mapped[int] = mapped_column(ForeignKey("clans.id"), primary_key=True, autoincrement=False)
    skin_id: Mapped[int] = mapped_column(ForeignKey("skins.id"), primary_key=True, autoincrement=False)
    given_at: Mapped[datetime]
