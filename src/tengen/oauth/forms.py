"""The parameters of OAuth2: those of a form or of a query (`application/x-www-form-urlencoded`). Pure."""

from collections.abc import Mapping
from urllib.parse import parse_qsl

from tengen.oauth.refusals import InvalidOAuthRequest

_MOST = 50


class Parameters:
    """What was sent, by name. What is empty counts as not sent (RFC 6749, section 3.1)."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values

    @classmethod
    def parse(cls, encoded: bytes) -> "Parameters":
        """Read a form or a query. Raises `InvalidOAuthRequest` if it is none, or has something twice."""
        try:
            pairs = parse_qsl(encoded.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=_MOST)
        except ValueError as error:
            raise InvalidOAuthRequest(f"There are more than {_MOST} parameters.") from error
        values = dict(pairs)
        if len(values) < len(pairs):
            raise InvalidOAuthRequest("A parameter is there twice: send each of them once.")
        return cls(values)

    def get(self, name: str) -> str:
        """What was sent by this name; empty if nothing was."""
        return self._values.get(name, "")

    def require(self, name: str) -> str:
        """What was sent by this name. Raises `InvalidOAuthRequest` if nothing was."""
        value = self.get(name)
        if not value:
            raise InvalidOAuthRequest(f"The parameter {name} is missing: send it in a form, as text.")
        return value
