"""Hosts are hosts, and nothing of a foreign address but its host is kept."""

from hypothesis import given
from hypothesis import strategies as st

from collector.enrich import Facts, referrer
from collector.enrich.sites import NOT_SEARCH, SITES, kind_of

KINDS = {"internal", "search", "social", "email", "ad", "other", "direct"}
SECRET = st.from_regex(r"[a-z0-9]{12}", fullmatch=True)


def columns(**facts: str) -> dict[str, object]:
    key = referrer.key(Facts(**facts))
    return {} if key is None else referrer.look_up(key)


@given(SECRET)
def test_only_the_host_is_kept(secret: str) -> None:
    for text in (f"https://{secret}@www.baidu.com/", f"https://www.baidu.com/{secret}", f"https://www.baidu.com?{secret}",
                 f"https://www.baidu.com#{secret}", f"https://a:{secret}@www.baidu.com?{secret}"):  # fmt: skip
        assert columns(referrer=text) == {"referrer_host": "www.baidu.com", "referrer_kind": "search"}


@given(st.text())
def test_the_kind_is_one_of_the_list(text: str) -> None:
    assert columns(referrer=f"https://{text}/", page_url=f"https://{text}/").get("referrer_kind") in {
        *KINDS,
        None,
    }


def test_a_host_longer_than_any_real_one_is_none() -> None:
    assert columns(referrer=f"https://{'a' * 256}/") == {}
    assert columns(referrer=f"https://{'a' * 250}.com/")["referrer_kind"] == "other"


def test_internal_goes_before_the_tables() -> None:
    assert columns(referrer="https://www.zhihu.com/", page_url="https://zhihu.com/q")["referrer_kind"] == "internal"


def test_each_site_is_known_with_and_without_a_name_before_it() -> None:
    for host, kind in SITES.items():
        assert kind_of(host) == kind
        assert kind_of(f"some.{host}") == kind
        assert kind_of(f"not{host}") != kind
    for host in NOT_SEARCH:
        assert kind_of(host) is None


def test_the_tables_are_clean() -> None:
    for host in SITES:
        assert host == host.lower().strip(".")
        assert "/" not in host
        assert "." in host
        parent = host.partition(".")[2]
        assert parent not in SITES or SITES[parent] != SITES[host], f"{host}: its parent says the same already"


def test_search_engines_of_every_country() -> None:
    for host in ("google.de", "www.google.com.hk", "www.google.co.uk", "news.google.com", "yandex.com.tr"):
        assert kind_of(host) == "search"
    for host in (
        "docs.google.com",
        "google",
        "google.",
        "google.evil",
        "google.com.evil.example",
        "mygoogle.de",
    ):
        assert kind_of(host) is None
