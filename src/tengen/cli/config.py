"""`tengen config`: the settings in force."""

import re
from pathlib import Path
from typing import Any

import typer
from pydantic import SecretStr

from tengen.cli.answers import Answer, Table
from tengen.cli.commands import Call, command
from tengen.core.settings import Settings

app = typer.Typer(add_completion=False)

MASK = "***"
_PASSWORD = re.compile(r"^([^:]+://[^:@/]*):.*@")
_SECRET_PARAMETER = re.compile(r"([?&][^=&]*(?:password|secret|key|token)[^=&]*=)[^&]*", re.IGNORECASE)


@command(app, "config")
def config(call: Call) -> Answer:
    """Show the settings in force: from the environment, the settings file, or by default. Secrets are masked."""
    values = effective(call.settings)
    rows = [[environment_name(name), "-" if value is None else str(value)] for name, value in values.items()]
    return Answer(values, Table(["setting", "value"], rows))


def effective(settings: Settings) -> dict[str, Any]:
    """Each setting by the name of its field, as JSON can have it."""
    values: dict[str, Any] = {name: _shown(name, getattr(settings, name)) for name in Settings.model_fields}
    return values | {"database_url": mask_url(settings.database)}


def environment_name(field: str) -> str:
    """The environment variable that sets this field."""
    alias = Settings.model_fields[field].validation_alias
    return alias if isinstance(alias, str) else f"TENGEN_{field.upper()}"


def mask_url(url: str) -> str:
    """The address without what it holds of secrets: a password, or a parameter that sounds like one."""
    # By pattern and not by parsing: a password that somebody forgot to escape must not show either.
    return _SECRET_PARAMETER.sub(rf"\g<1>{MASK}", _PASSWORD.sub(rf"\g<1>:{MASK}@", url))


def _shown(name: str, value: Any) -> Any:
    if isinstance(value, SecretStr):
        return mask_url(value.get_secret_value()) if name.endswith("_url") else MASK
    return str(value) if isinstance(value, Path) else value
