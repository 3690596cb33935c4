"""Write the migration from the newest revision to the present models: `python scripts/new_migration.py "Add clans"`.

Read what it wrote before you keep it: renamed columns look like a dropped and a new one to it.
"""

import importlib
import sys
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine

import tengen
import tengen.core.outbox  # a table of no feature
from tengen.core import migrations


def main(message: str) -> None:
    """Upgrade an empty database in memory, compare it with the models, write the difference."""
    for models in Path(tengen.__file__).parent.glob("*/models.py"):
        importlib.import_module(f"tengen.{models.parent.name}.models")
    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        config = Config()
        config.set_main_option("script_location", str(migrations.DIRECTORY))
        config.attributes["connection"] = connection
        newest = max((path.stem[:4] for path in (migrations.DIRECTORY / "versions").glob("[0-9]*.py")), default="0000")
        if newest != "0000":
            command.upgrade(config, "head")
        command.revision(config, message=message, autogenerate=True, rev_id=f"{int(newest) + 1:04}")


if __name__ == "__main__":
    main(sys.argv[1])
