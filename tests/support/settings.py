"""Settings for tests: the real defaults, except what would only make tests slow."""

from pathlib import Path
from typing import Any

from tengen.core.settings import Settings

CHEAP_HASH: dict[str, Any] = {"password_hash_memory_kib": 64, "password_hash_passes": 1}
"""argon2id as cheap as it gets."""


def some_settings(data_dir: Path, **changes: Any) -> Settings:
    """Settings of a platform in `data_dir`, with `changes` by the names of the fields."""
    return Settings(**CHEAP_HASH | {"data_dir": data_dir, "database_pool_size": 5} | changes)
