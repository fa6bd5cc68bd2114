"""Addresses by the golden vectors, and that nothing a person types can make them throw or leak."""

from hypothesis import given
from hypothesis import strategies as st

from consent.pii.urls import CAMPAIGN_PARAMS, clean_referrer, clean_url
from tests.contract.golden import cases


def test_vectors() -> None:
    for case in cases("url"):
        asked = case["given"]
        if "url" in asked:
            found = clean_url(asked["url"], CAMPAIGN_PARAMS | set(asked["allowed"] or ()))
        else:
            found = clean_referrer(asked["referrer"], asked["pageHost"])
        assert found == case["expect"], case["name"]


@given(st.text())
def test_never_raises_and_is_idempotent(url: str) -> None:
    once = clean_url(url)
    assert clean_url(once) == once
    clean_referrer(url, "shop.example")


@given(st.text(alphabet="abc/?#&=%40", max_size=30))
def test_no_mail_address_survives(noise: str) -> None:
    assert "ada@x.example" not in clean_url(f"https://shop.example/{noise}/ada@x.example/{noise}")
