"""Tokens on the wire of Scoreganizer."""

from pydantic import BaseModel, Field

from tengen.tournaments.tokens import TokenStatus


class TokenStatusRead(BaseModel):
    """What becomes of the token that was sent."""

    status: TokenStatus = Field(
        description="`ok`; `ok_stale`: it holds, and should be refreshed; `expired`; `nonexistent`: not known, or not "
        "this user's; `not_sent`.",
        examples=["ok"],
    )


class TokenIssued(BaseModel):
    """A token, told here and never again."""

    token: str = Field(description="64 hexadecimal digits.", examples=["4be1c0f3a2d59687700f4c1e8b3a6d92" * 2])
