"""Geo on real files: the embedded one, small ones of each shape, and files that change under us."""

import os
from pathlib import Path

import geoip2.database
import maxminddb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.enrich import EMBEDDED, Facts, GeoDatabase, GeoError, geo
from tests.collector.enrich import databases

US = {"8.8.8.0/24": {"country": {"iso_code": "US"}}}
CA = {"8.8.8.0/24": {"country": {"iso_code": "CA"}}}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return databases.write(tmp_path / "geo.mmdb", US)


def replace(path: Path, records: dict[str, object]) -> None:
    """As geoipupdate does: a new file takes the name of the old one."""
    databases.write(path.with_suffix(".new"), records)
    path.with_suffix(".new").rename(path)


def test_the_embedded_file_is_readable_by_geoip2() -> None:
    with geoip2.database.Reader(EMBEDDED, locales=["zh-CN", "en"]) as reader:
        shanghai = reader.city("202.96.209.5")
        assert (shanghai.country.iso_code, shanghai.country.name) == ("CN", "中国")
        assert shanghai.subdivisions.most_specific.name == "上海"
        assert shanghai.city.name == "上海市"
        assert shanghai.traits.isp == "电信"
        assert reader.city("8.8.8.8").country.names == {"en": "United States", "zh-CN": "美国"}
        assert reader.city("2001:4860:4860::8888").country.iso_code == "US"


def test_the_embedded_file_says_how_old_it_is(embedded: GeoDatabase) -> None:
    assert embedded.description == "Firsthand-City of 2026-06-17"


@pytest.mark.slow
def test_the_embedded_file_covers_china_and_the_world() -> None:
    countries, provinces = set(), set()
    with maxminddb.open_database(EMBEDDED) as reader:
        for _, record in reader:
            columns = geo.columns_of(record)  # type: ignore[arg-type]
            countries.add(columns["geo_country"])
            provinces.add(columns.get("geo_region"))
            assert columns["geo_country"] == "CN" or set(columns) == {"geo_country"}
    assert len(provinces - {None}) == 31
    assert len(countries) > 240


def test_a_renamed_new_file_is_taken_up(path: Path) -> None:
    database = GeoDatabase(path)
    enrichment = geo.build(database)
    before = enrichment.key(Facts(ip="8.8.8.8"))
    assert enrichment.look_up(before) == {"geo_country": "US"}
    assert database.reload_if_changed() is False
    replace(path, CA)
    assert enrichment.look_up(before) == {"geo_country": "US"}  # until somebody asks
    assert database.reload_if_changed() is True
    assert database.reload_if_changed() is False
    after = enrichment.key(Facts(ip="8.8.8.8"))
    assert after != before  # so that a remembered answer of the old file is never given again
    assert enrichment.look_up(after) == {"geo_country": "CA"}
    assert database.generation == 1
    database.close()


def test_a_touched_file_is_taken_up(path: Path) -> None:
    database = GeoDatabase(path)
    os.utime(path, ns=(1, 1))
    assert database.reload_if_changed() is True
    database.close()


def test_the_old_reader_stays_open_for_one_more_change(path: Path) -> None:
    database = GeoDatabase(path)
    old = database._reader  # what a look-up in another thread would hold
    replace(path, CA)
    database.reload_if_changed()
    assert old.get("8.8.8.8") == {"country": {"iso_code": "US"}}
    replace(path, US)
    database.reload_if_changed()
    with pytest.raises(ValueError, match="closed"):
        old.get("8.8.8.8")
    database.close()


def test_a_bad_new_file_changes_nothing(path: Path) -> None:
    database = GeoDatabase(path)
    path.with_suffix(".new").write_bytes(b"not a database")
    path.with_suffix(".new").rename(path)
    with pytest.raises(GeoError, match=r"geo\.mmdb is not a MaxMind DB file"):
        database.reload_if_changed()
    assert database.look_up("8.8.8.8") == {"geo_country": "US"}
    assert database.reload_if_changed() is False  # not tried again until it changes
    assert database.generation == 0
    replace(path, CA)
    assert database.reload_if_changed() is True
    assert database.look_up("8.8.8.8") == {"geo_country": "CA"}
    database.close()


def test_a_file_that_vanished_changes_nothing(path: Path) -> None:
    database = GeoDatabase(path)
    path.unlink()
    with pytest.raises(GeoError, match="No such file"):
        database.reload_if_changed()
    assert database.reload_if_changed() is False  # said once, not every second
    assert database.look_up("8.8.8.8") == {"geo_country": "US"}
    databases.write(path, CA)
    assert database.reload_if_changed() is True
    database.close()


def test_files_that_cannot_serve_are_refused_with_advice(tmp_path: Path) -> None:
    with pytest.raises(GeoError, match=r"missing\.mmdb cannot be read: No such file"):
        GeoDatabase(tmp_path / "missing.mmdb")
    (tmp_path / "empty.mmdb").write_bytes(b"")
    with pytest.raises(GeoError, match=r"take GeoLite2-City\.mmdb or leave geoip_db empty"):
        GeoDatabase(tmp_path / "empty.mmdb")
    (tmp_path / "cut.mmdb").write_bytes(EMBEDDED.read_bytes()[:100_000])
    with pytest.raises(GeoError, match="not a MaxMind DB file"):
        GeoDatabase(tmp_path / "cut.mmdb")
    with pytest.raises(GeoError, match="not a MaxMind DB file"):
        GeoDatabase(tmp_path)
    whole = databases.write(tmp_path / "damaged.mmdb", US).read_bytes()
    records = whole.index(b"US") - 30
    (tmp_path / "damaged.mmdb").write_bytes(whole[:records] + b"\xff" * 32 + whole[records + 32 :])
    with pytest.raises(GeoError, match=r"damaged.*not a MaxMind DB file"):
        GeoDatabase(tmp_path / "damaged.mmdb")
    asn = databases.write(tmp_path / "asn.mmdb", {"8.8.8.0/24": {"autonomous_system_number": 1}}, "GeoLite2-ASN")
    with pytest.raises(GeoError, match="'GeoLite2-ASN' and has no places; take a City or Country database"):
        GeoDatabase(asn)


def test_a_version_4_file_has_no_version_6_answers(tmp_path: Path) -> None:
    database = GeoDatabase(databases.write(tmp_path / "v4.mmdb", US, "city ipv4", ip_version=4))
    assert database.look_up("2001:4860:4860::8888") == {}
    assert database.look_up("::ffff:8.8.8.8") == {"geo_country": "US"}
    database.close()


def test_after_closing_look_ups_fail_loudly(path: Path) -> None:
    database = GeoDatabase(path)
    database.close()
    with pytest.raises(ValueError, match="closed"):
        database.look_up("8.8.8.8")


@given(st.ip_addresses(v=4))
def test_mapped_addresses_answer_as_themselves(embedded: GeoDatabase, address: object) -> None:
    assert embedded.look_up(f"::ffff:{address}") == embedded.look_up(str(address))


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(
        st.sampled_from(["country", "registered_country", "country_code", "city", "names", "en", "zh-CN", "iso_code",
                         "subdivisions", "state1", "traits", "isp"]), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@given(st.dictionaries(st.sampled_from(["country", "country_code", "city", "subdivisions", "traits"]), VALUES))
def test_any_record_gives_text_or_nothing(record: dict[str, object]) -> None:
    columns = geo.columns_of(record)
    assert set(columns) <= set(geo.COLUMNS)
    assert all(isinstance(value, str) and value for value in columns.values())
