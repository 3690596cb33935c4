"""The parts of this feature that live as long as the process: who is asked for members, and how often."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from tengen.associations.aga_service import AgaService
from tengen.associations.member_file import MemberFile
from tengen.associations.members import MembershipProvider
from tengen.core.errors import NotFound
from tengen.core.limits import Limit
from tengen.core.settings import Settings

_DAY = timedelta(days=1)


class AssociationNotFound(NotFound):
    """The platform does not know members of this association."""

    code = "association_not_found"


@dataclass(frozen=True, slots=True)
class Associations:
    """The associations of one process, by their short names, and the limits on claims."""

    providers: Mapping[str, MembershipProvider]
    link_lifetime: timedelta
    link_page: str
    """Where a mailed link leads, but for its token."""
    requests_per_account: Limit
    mails_per_number: Limit

    @classmethod
    def of(cls, settings: Settings) -> "Associations":
        """Built once, from the platform's settings."""
        return cls(
            providers=_providers(settings),
            link_lifetime=timedelta(seconds=settings.member_link_lifetime_seconds),
            link_page=f"{settings.public_url}/memberships/confirm?token=",
            requests_per_account=Limit("members/account", settings.member_requests_per_account, _DAY),
            mails_per_number=Limit("members/number", settings.member_mails_per_number, _DAY),
        )

    def provider(self, association: str) -> MembershipProvider:
        """Who knows the members of this association. Raises `AssociationNotFound`."""
        found = self.providers.get(association)
        if found is None:
            known = ", ".join(sorted(self.providers)) or "none so far"
            raise AssociationNotFound(f"Members of {association!r} are not known here. Associations known: {known}.")
        return found


def _providers(settings: Settings) -> dict[str, MembershipProvider]:
    providers: dict[str, MembershipProvider] = {
        association: MemberFile(association, path) for association, path in settings.member_files.items()
    }
    if settings.aga_api_key:
        providers["aga"] = AgaService(settings.aga_url, settings.aga_api_key.get_secret_value())
    return providers
