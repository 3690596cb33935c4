"""The feed of a tournament on the wire: server-sent events, as the HTML standard has them."""

import json
from typing import Any

from pydantic import BaseModel, Field

from tengen.core.values import utc_iso
from tengen.tournaments.notices import Notice

MEDIA_TYPE = "text/event-stream"


class FeedEvent(BaseModel):
    """The data of an event. What does not apply is left out."""

    kind: str = Field(
        description="What happened, as in the event's name: `edited`, `cancelled`, `started`, `ended`, `entry`, "
        "`submission`, `disqualified`, `restored`; or `resync`: load everything anew.",
        examples=["submission"],
    )
    at: str = Field(description="When it happened: UTC, ISO 8601 with Z.", examples=["2026-06-01T18:04:11.220913Z"])
    standings: bool = Field(description="Whether to load the standings anew.")
    account_id: int | None = Field(default=None, description="Whom it is about.", examples=[57])
    name: str | None = Field(default=None, description="What that account is called.", examples=["Ann"])
    submission_id: int | None = Field(default=None, examples=[4711])
    state: str | None = Field(
        default=None,
        description="Of an entry: `participating`, or `none` when the account has left. The host and the account "
        "itself see all states: `requested`, `invited`, `rejected`, `declined`, `withdrawn`.",
        examples=["participating"],
    )
    reason: str | None = Field(
        default=None, description="Why it was disqualified or restored, or the tournament cancelled."
    )

    @classmethod
    def of(cls, notice: Notice) -> "FeedEvent":
        """The wire form."""
        return cls.model_construct(
            kind=notice.kind.value,
            at=utc_iso(notice.at),
            standings=notice.kind.concerns_standings,
            account_id=notice.account_id,
            name=notice.name,
            submission_id=notice.submission_id,
            state=None if notice.state is None else notice.state.value,
            reason=notice.reason,
        )


def event_bytes(notice: Notice, position: str) -> bytes:
    """An event: its name, its id, and one line of data."""
    # JSON that has only ASCII in it has no line breaks either.
    data = json.dumps(FeedEvent.of(notice).model_dump(exclude_none=True))
    return f"event: {notice.kind.value}\nid: {position}\ndata: {data}\n\n".encode()


def heartbeat_bytes(position: str) -> bytes:
    """A comment, and the id to go on from: without data, so that clients are told nothing and remember the id."""
    return f":\nid: {position}\n\n".encode()


def retry_bytes(milliseconds: int) -> bytes:
    """How long to wait before coming again, once the feed has ended."""
    return f"retry: {milliseconds}\n\n".encode()


FEED_CONTENT: dict[str, Any] = {
    "description": "Events, until the client closes the connection.",
    "content": {
        MEDIA_TYPE: {
            "schema": {
                "type": "string",
                "contentMediaType": "application/json",
                "contentSchema": FeedEvent.model_json_schema(),
            },
            "example": 'event: submission\nid: c2VhbGVk\ndata: {"kind": "submission", '
            '"at": "2026-06-01T18:04:11.220913Z", "standings": true, "account_id": 57, "name": "Ann", '
            '"submission_id": 4711}\n\n',
        }
    },
}
"""What the OpenAPI document says of the answer."""
