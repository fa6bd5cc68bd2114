"""Flask: events tracked in a view know who asked.

    Firsthand(app, web_key="<write key of the web source>", user_id=lambda: session.get("user_id"))

or `Firsthand(...).init_app(app)` in an application factory. Options are those of RequestScopes (request.py), but
`user_id` and `consent` get nothing: they run inside of Flask's own context, where `request`, `session` and `g` are.
"""

from __future__ import annotations

from typing import Any, Callable

from firsthand.integrations.wsgi import FirsthandMiddleware


class Firsthand:
    """An extension in Flask's usual two-step form."""

    def __init__(self, app: Any = None, **options: Any) -> None:
        for name in ("user_id", "consent"):
            if options.get(name) is not None:
                options[name] = _without_environ(options[name])
        self._options = options
        if app is not None:
            self.init_app(app)

    def init_app(self, app: Any) -> None:
        app.wsgi_app = FirsthandMiddleware(app.wsgi_app, **self._options)
        app.extensions["firsthand"] = self


def _without_environ(function: Callable[[], Any]) -> Callable[[Any], Any]:
    return lambda _environ: function()
