"""Tables of profiles: what accounts tell of themselves."""

from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from tengen.core.database import Table


class AboutRow(Table):
    """What an account tells of itself; there is none until it tells something."""

    __tablename__ = "account_abouts"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True, autoincrement=False)
    first_name: Mapped[str] = mapped_column(Text, default="")
    last_name: Mapped[str] = mapped_column(Text, default="")
    is_real_name_private: Mapped[bool] = mapped_column(default=True)
    country: Mapped[str] = mapped_column(Text, default="un")
    """ISO 3166-1 alpha-2 in lower case; `un` if it is not told."""
    language: Mapped[str] = mapped_column(Text, default="auto")
    website: Mapped[str] = mapped_column(Text, default="")
    about: Mapped[str] = mapped_column(Text, default="")
    settings: Mapped[str] = mapped_column(Text, default="{}")
    """How it wants to be notified, as JSON: its clients know what it means."""
