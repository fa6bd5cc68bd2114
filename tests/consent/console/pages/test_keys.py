"""The page Keys: names and ages, never a key."""

import json

from consent.keys import key_path
from tests.consent.console.visitors import Place, Visitor

PAGE = "/console/keys"


def test_it_shows_names_and_no_secret(weeks: Place, people: dict[str, Visitor]) -> None:
    text = people["auditor"].get(PAGE).text
    stored = json.loads(key_path(weeks.config.data_dir).read_text())
    for keys in stored.values():
        for key in keys:
            assert key["kid"] in text
            assert key["secret"] not in text
    assert "Rotate" not in text.partition("<tbody>")[2]


def test_an_old_key_says_so_and_a_new_one_takes_over(weeks: Place, people: dict[str, Visitor]) -> None:
    admin = people["admin"]
    weeks.now += 200 * 86_400
    try:
        admin.log_in("the-admin")
        assert "should be rotated" in admin.get(PAGE).text
        assert admin.post(f"{PAGE}/token", PAGE).status_code == 303
        assert "t2" in admin.get(PAGE).text
        assert admin.post(f"{PAGE}/subject", PAGE).status_code == 422
        assert admin.post(f"{PAGE}/nothing", PAGE).status_code == 422
        assert "rotated a key" in admin.get("/console/s/default/audit?of=house").text
    finally:
        weeks.now -= 200 * 86_400
