"""The work behind `firsthand dsr`, wired: forms with every live key, links, export, suppression."""

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from collector.keys import consent_ring, live_keys
from collector.settings import Settings
from warehouse.cli.common import loader_config, store_config


def raw_of(named: Iterable[tuple[str, Iterable[str]]]) -> list[str]:
    """Raw spellings of addresses and numbers, for the final search."""
    from consent.rights.forms import Identifier, forms_of

    return forms_of([Identifier(name, v) for name, values in named for v in values], []).raw  # type: ignore[arg-type]


def load_spool(found: Settings) -> None:
    """Empty the spool where no loader does; two at once do no harm."""
    from warehouse.loader import Loader

    loader = Loader(loader_config(found), store_config(found))
    try:
        loader.run_once()
    finally:
        loader.close()


class Rights:
    """One site's tools. Raises KeyRingError where no collector has made keys: with others nobody would be found."""

    def __init__(self, found: Settings, site: str) -> None:
        self._settings, self.site = found, site
        self.ring = consent_ring(found)

    def forms(self, named: Iterable[tuple[str, str]]) -> Any:
        """What the tables may hold of these identifiers."""
        from consent.rights.intake import forms_for

        return forms_for(named, live_keys(self._settings), self.ring, self.site)

    def linked(self, forms: Any) -> list[str]:
        """All ids that events link with the request's."""
        from warehouse.people import linked
        from warehouse.query import Reader

        with Reader(store_config(self._settings)) as reader:
            return sorted(linked(reader, set(forms.ids)))

    def rows(self, connection: Any, forms: Any) -> dict[str, list[dict[str, Any]]]:
        """Everything about a person: events, and what the ledger holds."""
        from consent.store.tables import ledger_payload
        from warehouse.people import rows_of
        from warehouse.query import Reader

        ids = self.linked(forms)
        with Reader(store_config(self._settings)) as reader:
            tables = rows_of(reader, set(ids))
        query = ledger_payload.select().where(
            ledger_payload.c.chain == self.site,
            ledger_payload.c.subject.in_(self.subjects(connection, ids, forms.subjects)),
        )
        tables["consent"] = [msgspec.json.decode(row.payload) for row in connection.execute(query)]
        return tables

    def keep_out(self, store: Any, admin: Callable[[], Any], forms: Any) -> None:
        """The gates refuse the person within seconds, and the loader what is on its way."""
        ids = self.linked(forms)
        self.suppress(store, admin, ids, forms.subjects)

    def let_in(self, store: Any, admin: Callable[[], Any], id: str) -> None:
        """End a restriction: gates and loader take new events of the person again."""
        from consent.admin import people
        from consent.rights import requests
        from warehouse.suppress import lift

        with store.write() as connection:
            forms = requests.lifting(connection, admin(), id).forms
            ids = self.linked(forms)
            subjects = self.subjects(connection, ids, forms.subjects)
            people.lift(connection, admin(), self.site, subjects)
            # Before the commit: killed in between, the gates still refuse, and it can be lifted again
            lift(self._settings.data_dir, [*ids, *forms.subjects])

    def suppress(self, store: Any, admin: Callable[[], Any], ids: list[str], known: list[str]) -> None:
        """Gates and loader refuse these people from now on."""
        from consent.admin import people
        from warehouse.suppress import suppress

        suppress(self._settings.data_dir, [*ids, *known])
        with store.write() as connection:
            people.suppress(connection, admin(), self.site, self.subjects(connection, ids, known))

    def subjects(self, connection: Any, ids: list[str], known: list[str]) -> list[str]:
        """Under whom the ledger knows these ids, as a device or as a person, beside those that are known."""
        from consent.admin import people

        return people.subjects(connection, self.ring, self.site, ids, known)
