"""What routes find of this feature in the running platform."""

from typing import Annotated

from fastapi import Depends, Request

from tengen.associations.runtime import Associations


async def _associations(request: Request) -> Associations:
    associations: Associations = request.app.state.associations
    return associations


CurrentAssociations = Annotated[Associations, Depends(_associations)]
