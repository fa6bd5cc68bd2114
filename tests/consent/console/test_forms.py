"""Forms as browsers send them, bounded."""

import asyncio
from typing import Any

import pytest
from starlette.requests import Request

from consent.console import forms
from consent.routes import door
from tests.consent.console.visitors import Place


def test_fields() -> None:
    form = forms.Form([("a", " x "), ("a", "y"), ("p", " pass "), ("m.one", "1"), ("m.two", "2"), ("l", "x\r\n\n y ")])
    assert (form.get("a"), form.all("a"), form.raw("p"), form.get("none", "-")) == ("x", ["x", "y"], " pass ", "-")
    assert form.under("m") == {"one": "1", "two": "2"}
    assert form.lines("l") == ["x", "y"]


def test_too_much_is_refused_before_it_is_parsed(here: Place) -> None:
    visitor = here.visitor()
    assert visitor.send("/console/login", {"login": "x" * (forms.MOST_BYTES + 1)}).status_code == 413
    assert visitor.send("/console/login", {f"f{n}": "" for n in range(forms.MOST_FIELDS + 1)}).status_code == 413


def test_what_is_no_form_has_no_fields(here: Place) -> None:
    visitor = here.visitor()
    posted = here.runner.run(visitor.http.post("/console/login", json={"login": "x", "csrf": "y"}))
    assert posted.status_code == 403


@pytest.mark.parametrize(("then", "status"), [("silence", 408), ("goes away", 400)])
def test_a_form_that_does_not_end(then: str, status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "BODY_SECONDS", 0.01)
    parts: list[dict[str, Any]] = [{"type": "http.request", "body": b"login=a", "more_body": True}]
    parts += [{"type": "http.disconnect"}] if then == "goes away" else []

    async def receive() -> dict[str, Any]:
        if not parts:
            await asyncio.Event().wait()
        return parts.pop(0)

    kind = [(b"content-type", b"application/x-www-form-urlencoded")]
    request = Request({"type": "http", "method": "POST", "headers": kind}, receive)
    with pytest.raises(door.Refused) as refused:
        asyncio.run(forms.read(request))
    assert refused.value.status == status
