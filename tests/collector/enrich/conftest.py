"""The enrichments over the embedded database, built once: the regexes take a moment."""

from collections.abc import Iterator

import pytest

from collector.enrich import Enrichment, GeoDatabase, enrichments


@pytest.fixture(scope="session")
def embedded() -> Iterator[GeoDatabase]:
    database = GeoDatabase()
    yield database
    database.close()


@pytest.fixture(scope="session")
def all_enrichments(embedded: GeoDatabase) -> dict[str, Enrichment]:
    return {enrichment.name: enrichment for enrichment in enrichments(embedded)}
