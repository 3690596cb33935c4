"""How a program says which one it is: in the form, or in the `Authorization` header (RFC 6749, section 2.3.1). Pure."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import unquote_plus

from tengen.accounts.basic import Credentials, MalformedCredentials, NotAuthenticated
from tengen.oauth.refusals import InvalidClient, InvalidOAuthRequest

if TYPE_CHECKING:
    from tengen.oauth.forms import Parameters


@dataclass(frozen=True, slots=True)
class ClientCredentials:
    """The id that a program says it has, and its secret, if it sends one."""

    client_id: str
    client_secret: str = field(repr=False)

    @classmethod
    def parse(cls, form: "Parameters", authorization: str | None) -> "ClientCredentials":
        """Read the form and the header. Raises `InvalidOAuthRequest` and `InvalidClient`."""
        in_form = cls(form.get("client_id"), form.get("client_secret"))
        in_header = _in_header(authorization)
        if in_header is None:
            form.require("client_id")
            return in_form
        if in_form.client_secret or in_form.client_id not in {"", in_header.client_id}:
            raise InvalidOAuthRequest("The form and the Authorization header both say which app asks: use one of them.")
        return in_header


def _in_header(authorization: str | None) -> ClientCredentials | None:
    try:
        sent = Credentials.parse(authorization)
    except NotAuthenticated:
        return None
    except MalformedCredentials as error:
        raise InvalidClient("The Authorization header is not client_id and client_secret in Basic form.") from error
    return ClientCredentials(unquote_plus(sent.login), unquote_plus(sent.password))
