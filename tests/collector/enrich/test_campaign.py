"""What must never get into a campaign column, whatever the address holds."""

from urllib.parse import quote, urlencode

from hypothesis import given
from hypothesis import strategies as st

from collector.enrich import Facts, campaign
from consent.pii.urls import CLICK_IDS


def columns(url: str | None = None, read: tuple[str | None, ...] | None = None) -> dict[str, object]:
    key = campaign.key(Facts(page_url=url, campaign=read))  # type: ignore[arg-type]
    return {} if key is None else campaign.look_up(key)


@given(st.sampled_from(sorted(CLICK_IDS)), st.from_regex(r"[A-Za-z0-9_-]{8,60}", fullmatch=True))
def test_the_value_of_a_click_id_is_never_kept(name: str, value: str) -> None:
    assert columns(f"https://shop.example/p?{name}={value}") == {"click_id_type": name}


@given(st.text(st.characters(codec="utf-8"), max_size=300))
def test_a_value_is_kept_exactly_or_not_at_all(value: str) -> None:
    found = columns("https://shop.example/p?" + urlencode({"utm_source": value}))
    kept = value.strip() if value.strip() and "@" not in value and len(value.strip()) <= 200 else None
    assert found.get("utm_source") in (kept, None)
    if len(value) <= 200:
        assert found.get("utm_source") == kept


@given(st.text(max_size=20), st.text(max_size=20))
def test_an_at_sign_is_found_however_it_is_written(before: str, behind: str) -> None:
    value = f"{before}@{behind}"
    encoded = quote(value.encode("utf-8", "replace"))
    assert "utm_source" not in columns(f"https://shop.example/?utm_source={encoded}")
    assert "utm_source" not in columns(read=(value, None, None, None, None))


def test_four_bytes_a_character_still_fit() -> None:
    value = "𠮷" * 200
    assert columns("https://shop.example/?utm_term=" + quote(value)) == {"utm_term": value}


def test_an_address_that_names_nothing_has_no_key() -> None:
    for url in (
        "https://shop.example/",
        "https://shop.example/?q=shoes&page=2",
        "",
        "?",
        "#",
        "https://shop.example/?id=7",
    ):
        assert campaign.key(Facts(page_url=url)) is None
