"""The page API tokens: shown once, taken back, and only for whoever lets people in."""

import re

import pytest

from consent.api import tokens
from tests.consent.console.visitors import NOW, Place, Visitor

PAGE = "/console/tokens"


def test_a_token_is_shown_once_used_seen_and_taken_back(weeks: Place, people: dict[str, Visitor]) -> None:
    admin = people["admin"]
    assert "No token yet" in admin.get(PAGE).text
    made = admin.post(PAGE, name="reports", sites="*", days="30", role=["viewer", "auditor"])
    secret = re.search(r"fha_[\w-]{43}", made.text)
    assert made.status_code == 200 and secret
    listed = admin.get(PAGE).text
    assert "reports" in listed and secret[0] not in listed and "<td>never</td>" in listed
    with weeks.house.store.write() as connection:
        token = tokens.find(connection, secret[0], int(NOW * 1000))
        assert token is not None and token.roles == ("viewer", "auditor") and token.made_by == "the-admin"
        tokens.used(connection, token, int(NOW * 1000))
    assert "<td>never</td>" not in admin.get(PAGE).text
    assert admin.post(f"{PAGE}/reports/revoke", PAGE).headers["location"] == f"{PAGE}?said=saved"
    with weeks.house.store.read() as connection:
        assert tokens.find(connection, secret[0], int(NOW * 1000)) is None
    assert "revoked" in admin.get(PAGE).text and f"{PAGE}/reports/revoke" not in admin.get(PAGE).text
    log = people["auditor"].get("/console/s/default/audit?of=house").text
    assert "made an API token" in log and "revoked an API token" in log and secret[0] not in log


@pytest.mark.parametrize(
    "fields",
    [{"name": "No Such"}, {"name": "x", "days": "0"}, {"name": "x", "days": "many"}, {"name": "x", "days": "9" * 9},
     {"name": "x", "role": "owner"}, {"name": "x", "sites": " , "}, {"name": ""}],
)  # fmt: skip
def test_what_cannot_be_a_token_says_so_in_the_readers_language(
    people: dict[str, Visitor], fields: dict[str, str]
) -> None:
    admin = people["admin"]
    answer = admin.post(PAGE, **({"name": "odd", "sites": "*", "days": "30", "role": "viewer"} | fields))
    assert answer.status_code == 422 and "fha_" not in answer.text
    assert 'role="alert"' in answer.text


def test_nobody_else_sees_or_makes_any(weeks: Place, people: dict[str, Visitor]) -> None:
    for role, visitor in people.items():
        if role != "admin":
            assert visitor.get(PAGE).status_code == 403, role
    assert people["admin"].post(f"{PAGE}/nothing/revoke", PAGE).status_code == 422
