"""Country, region, city and operator of an IP address.

Answers come from one MaxMind DB file: the embedded one (`data/geo.mmdb`, see `data/README.md`) or the operator's
own, such as GeoLite2-City. Three record shapes are in use and one function normalises them: GeoIP2's nested one, our
own (the same, with Chinese names only and an operator), and the flat one of the ip-location-db project.

Choices
* A place without a country of its own (anycast such as 1.1.1.1) takes the country of registration.
* `geo_region` is the largest subdivision (a province, not a district).
* Names are English where the file has English, else Chinese. So a province is 江苏省 with the embedded file and
  Jiangsu with GeoLite2: do not change the file in the middle of an analysis.
* An IPv4 address in IPv6 clothes (mapped, 6to4, Teredo) is looked up as IPv4. Addresses that are not public have
  no place and are not looked up.

Reload: an operator renews the file while we run. `reload_if_changed` compares the file's identity and opens the new
one beside the old one; the old one is closed at the next change, so a look-up that runs in another thread is never
cut off. The generation is part of each key, so answers of the old file cannot be given for the new one. The file is
mapped into memory: put a new one in place by renaming (as geoipupdate does), never by writing into the old one.
"""

from datetime import UTC, datetime
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Any

from collector.enrich.model import Columns, Enrichment, Facts, present

if TYPE_CHECKING:
    import maxminddb

EMBEDDED = Path(__file__).parent / "data" / "geo.mmdb"
COLUMNS = ("geo_country", "geo_region", "geo_city", "geo_isp")
_HAS_PLACES = ("city", "country", "enterprise")


class GeoError(ValueError):
    """The database file cannot be used; the message says which and what to do."""


class GeoDatabase:
    """One open database file. `generation` grows by one with every reload."""

    def __init__(self, path: Path = EMBEDDED) -> None:
        """Raises GeoError if `path` is not a MaxMind DB file with countries or cities."""
        self.path = path
        self.generation = 0
        self._identity = _identity(path)
        self._reader = _open(path)
        self._retired: maxminddb.Reader | None = None

    @property
    def description(self) -> str:
        """Type and date of the data, for people: `GeoLite2-City of 2026-09-18`."""
        kind = self._reader.metadata().database_type
        return f"{kind} of {datetime.fromtimestamp(self.built, UTC).date()}"

    @property
    def built(self) -> int:
        """When the data was made, seconds since the epoch."""
        return self._reader.metadata().build_epoch

    def look_up(self, ip: str) -> Columns:
        """The geo columns of an address; empty if it is not public, not known or not an address.

        Raises maxminddb.InvalidDatabaseError where the file is damaged.
        """
        address = public_address(ip)
        reader = self._reader
        if address is None or (address.version == 6 and reader.metadata().ip_version == 4):
            return {}
        record = reader.get(address.compressed)
        return columns_of(record) if isinstance(record, dict) else {}

    def region(self, ip: str) -> str | None:
        """ISO 3166-2 of the address where the file knows it, else ISO 3166-1 of the country, else None.

        Raises maxminddb.InvalidDatabaseError where the file is damaged.
        """
        address = public_address(ip)
        reader = self._reader
        if address is None or (address.version == 6 and reader.metadata().ip_version == 4):
            return None
        record = reader.get(address.compressed)
        return region_of(record) if isinstance(record, dict) else None

    def reload_if_changed(self) -> bool:
        """Take up a new file at the same path; True if there was one.

        Raises GeoError, once a change, if the file is gone or cannot be used. Then the old one stays in force, and
        the new one is not tried again before it changes.
        """
        identity = _identity(self.path)
        if identity == self._identity:
            return False
        self._identity = identity
        fresh = _open(self.path)
        if self._retired is not None:
            self._retired.close()
        self._retired, self._reader = self._reader, fresh
        self.generation += 1
        return True

    def close(self) -> None:
        """Close the file; look-ups after this raise ValueError."""
        for reader in (self._retired, self._reader):
            if reader is not None:
                reader.close()


def _identity(path: Path) -> tuple[int, ...]:
    try:
        found = path.stat()
    except OSError:
        return ()  # a state like any other; _open says what is wrong
    return (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)


def _open(path: Path) -> "maxminddb.Reader":
    import maxminddb  # 25 ms, which only a process that looks up places should pay

    try:
        reader = maxminddb.open_database(path)
        next(iter(reader), None)  # opening reads the metadata only; a damaged file shows at the first record
    except OSError as error:
        raise GeoError(f"geo database {path} cannot be read: {error.strerror or error}") from error
    except (ValueError, maxminddb.InvalidDatabaseError) as error:
        raise GeoError(
            f"geo database {path} is not a MaxMind DB file ({error}); take GeoLite2-City.mmdb or leave geoip_db empty"
        ) from error
    kind = reader.metadata().database_type
    if not any(word in kind.lower() for word in _HAS_PLACES):
        reader.close()
        raise GeoError(f"geo database {path} is of type {kind!r} and has no places; take a City or Country database")
    return reader


def public_address(ip: str) -> IPv4Address | IPv6Address | None:
    """The address to look up, IPv4 taken out of IPv6; None if it is not one or not public."""
    try:
        address: IPv4Address | IPv6Address | None = ip_address(ip)
    except ValueError:
        return None
    if isinstance(address, IPv6Address):
        teredo = address.teredo
        address = address.ipv4_mapped or address.sixtofour or (teredo[1] if teredo else address)
    return address if address is not None and address.is_global else None


def columns_of(record: dict[str, Any]) -> Columns:
    """The geo columns of one record, whichever of the three shapes it has."""
    if "country_code" in record:
        return present(
            geo_country=_code(record["country_code"]),
            geo_region=_text(record.get("state1")),
            geo_city=_text(record.get("city")),
        )
    subdivisions = record.get("subdivisions")
    region = subdivisions[0] if isinstance(subdivisions, list) and subdivisions else None
    return present(
        geo_country=_code(_within(record.get("country"), "iso_code"))
        or _code(_within(record.get("registered_country"), "iso_code")),
        geo_region=_name(region),
        geo_city=_name(record.get("city")),
        geo_isp=_text(_within(record.get("traits"), "isp")),
    )


def region_of(record: dict[str, Any]) -> str | None:
    """The ISO 3166 region of a record, in any of its shapes.

    >>> region_of({"country": {"iso_code": "US"}, "subdivisions": [{"iso_code": "CA"}]})
    'US-CA'
    """
    country = columns_of(record).get("geo_country")
    if country is None:
        return None
    largest = next(iter(record.get("subdivisions") or ()), None)
    code = _within(largest, "iso_code")
    part = code if isinstance(code, str) and 1 <= len(code) <= 3 and code.isalnum() and code.isascii() else None
    return f"{country}-{part.upper()}" if part else str(country)


def _within(part: Any, name: str) -> Any:
    return part.get(name) if isinstance(part, dict) else None


def _name(part: Any) -> str | None:
    names = _within(part, "names")
    return _text(_within(names, "en")) or _text(_within(names, "zh-CN"))


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _code(value: Any) -> str | None:
    return value if isinstance(value, str) and len(value) == 2 else None


def build(database: GeoDatabase) -> Enrichment:
    """The enrichment over one database; its answers follow a reload by themselves."""

    def key(facts: Facts) -> tuple[str, int] | None:
        ip = facts.ip
        return (ip, database.generation) if ip else None

    def look_up(key: tuple[str, int]) -> Columns:
        return database.look_up(key[0])

    return Enrichment("geo", COLUMNS, key, look_up)
