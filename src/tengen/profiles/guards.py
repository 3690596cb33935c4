"""What routes about players take from the request, for the adapters of this feature and of those above it."""

import re
from typing import Annotated

from fastapi import Depends, Path, Request

from tengen.core.values import PlayerId
from tengen.profiles.runtime import Profiles
from tengen.profiles.service import no_such_player

_ID = re.compile(r"[0-9]{1,18}")


async def _player_id(
    player_id: Annotated[str, Path(examples=[71], json_schema_extra={"type": "integer"})],
) -> PlayerId:
    """The id in the path. What is no id is no player's."""
    if _ID.fullmatch(player_id) is None:
        raise no_such_player()
    return PlayerId(int(player_id))


PathId = Annotated[PlayerId, Depends(_player_id)]


async def _profiles(request: Request) -> Profiles:
    profiles: Profiles = request.app.state.profiles
    return profiles


CurrentProfiles = Annotated[Profiles, Depends(_profiles)]
