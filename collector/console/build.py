"""From settings to a console: this package's pages beside those of `consent`, its templates, words and files."""

import logging
from functools import partial
from pathlib import Path
from typing import Final

from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request

from collector import sources
from collector.console.desk import Desk
from collector.console.pages import PAGES
from collector.keys import live_keys
from collector.settings import Settings
from consent.console import first_run
from consent.console.app import Console
from consent.console.config import ConsoleConfig, OpenIdProvider
from consent.store import StoreError, open_store

log = logging.getLogger("firsthand.console")
HERE: Final = Path(__file__).parent


def config_of(settings: Settings, config: Path | None = None) -> ConsoleConfig:
    """What the console is told out of the collector's settings."""
    provider = OpenIdProvider(settings.oidc_issuer, settings.oidc_client_id, settings.oidc_client_secret)
    return ConsoleConfig(
        data_dir=settings.data_dir,
        store=settings.consent_url,
        public_url=settings.public_url,
        idle_seconds=settings.console_idle_seconds,
        oidc=provider if settings.oidc_issuer else None,
        erase_at=settings.erase_at,
        sites=partial(sources.sites, settings, config),
        pseudonyms=lambda: live_keys(settings),
    )


def build_console(desk: Desk) -> Console:
    """The console of one worker; `close` it when the worker drains."""

    def address(request: Request) -> str:
        peer = request.client.host if request.client else ""
        forwarded = ",".join(request.headers.getlist("x-forwarded-for"))
        return desk.state().client.of(peer, forwarded)[0] or peer

    return Console(config_of(desk.settings, desk.config), tuple(build(desk) for build in PAGES), (HERE,), address)


def prepare_console(settings: Settings) -> None:
    """Before the workers start: bring the store to its newest form and offer the first user's link.

    A store that does not answer keeps nobody from collecting: that is logged, and the console says it as well.
    """
    config = config_of(settings)
    config.data_dir.mkdir(parents=True, exist_ok=True)
    try:
        store = open_store(config.store)
        try:
            first_run.prepare(config.data_dir, store)
        finally:
            store.close()  # the workers are forked: none of them may have our connections
    except (SQLAlchemyError, StoreError, OSError) as error:
        log.error("the console cannot use its store: %s", type(error).__name__)
