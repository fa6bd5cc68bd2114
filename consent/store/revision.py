"""Where the tables stand and how they get to the newest form (Alembic, run from code, without an ini file).

`HEAD` is written here so that a store that is up to date costs one SELECT and does not load Alembic; a test compares it
with the migrations.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa
from sqlalchemy import Engine

if TYPE_CHECKING:
    from alembic.config import Config

HEAD: Final = "0006"
MIGRATIONS: Final = Path(__file__).parent / "migrations"


def current(engine: Engine) -> str | None:
    """The revision of the store; None if it is empty."""
    with engine.connect() as connection:
        if not sa.inspect(connection).has_table("alembic_version"):
            return None
        return connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()


def migrate(engine: Engine, found: str | None) -> None:
    """Run the missing migrations. Raises StoreError if the store is newer than this program."""
    from alembic import command
    from alembic.script import ScriptDirectory

    from consent.store import StoreError

    config = alembic_config()
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if found is not None and found not in known:
        raise StoreError("the consent store was made by a newer version of Firsthand; upgrade this one")
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def alembic_config() -> "Config":
    """Alembic's configuration: where the migrations are."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config
