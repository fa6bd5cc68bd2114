"""Answers: JSON, files, and refusals as problem+json (RFC 9457).

`detail` says what to do, in English; `code` and `values` are for programs. What was sent is never quoted but for names
that the mistake is about, which only reach whoever sent them.
"""

from http import HTTPStatus
from typing import Any, Final

import msgspec
import sqlalchemy as sa
from msgspec import Struct
from starlette.responses import Response

from consent.console.users import UserError
from consent.keys import KeyRingError
from consent.mistakes import Mistake
from consent.pii.keys import KeyFileError
from consent.receipts import ChoiceError
from consent.routes.door import Refused
from consent.store import StoreError

COMMON: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
}
PROBLEM: Final = "application/problem+json"
RETRY_SECONDS: Final = 5
_FORBIDDEN: Final = ("fourEyes.publish", "fourEyes.rollBack", "fourEyes.erase")
_CONFLICTS: Final = (
    "draft.closed", "draft.changed", "draft.notADraft", "draft.notInReview", "draft.notSubmitted", "version.inForce",
    "map.changed", "map.noPolicy", "policy.none", "ledger.empty", "token.taken", "source.taken", "source.configured",
    "request.state", "request.extended", "request.passed", "request.other", "request.unverified", "request.lifted",
    "request.notRestricted", "request.underWay", "request.noFile", "request.fileElsewhere",
)  # fmt: skip


class ProblemDetails(Struct, frozen=True):
    """What went wrong (RFC 9457). `type` is always `about:blank`, so `title` is the status' own; `code` is the name."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    values: dict[str, Any] = {}


def json(status: int, content: Any) -> Response:
    return Response(msgspec.json.encode(content), status, COMMON, "application/json")


def problem(status: int, code: str, detail: str, values: dict[str, Any] | None = None, wait: int = 0) -> Response:
    """`wait`: seconds until it may be tried again."""
    said = ProblemDetails("about:blank", HTTPStatus(status).phrase, status, detail, code, values or {})
    headers = COMMON | ({"Retry-After": str(wait)} if wait else {})
    if status == 401:
        headers = headers | {"WWW-Authenticate": 'Bearer realm="firsthand admin"'}
    return Response(msgspec.json.encode(said), status, headers, PROBLEM)


def refusal(error: Exception) -> Response | None:
    """The answer to an error that has one; None for a bug."""
    match error:
        case Refused():
            return problem(error.status, error.code, error.message, wait=error.retry_after)
        case ChoiceError():
            return problem(error.status, error.answer, str(error))
        case KeyRingError():
            return problem(409, error.code, str(error))
        case Mistake():
            values = {name: value if isinstance(value, int) else str(value) for name, value in error.values.items()}
            return problem(_status(error), error.code, str(error), values)
        case UserError():
            return problem(409 if str(error) == "users.taken" else 422, str(error), user_text(str(error)))
        case KeyFileError():
            return problem(409, "pseudonymKeys", str(error))
        case sa.exc.SQLAlchemyError() | StoreError():
            return problem(503, "unavailable", "the consent store cannot be used now", wait=RETRY_SECONDS)
    return None


def _status(error: Mistake) -> int:
    if error.code.endswith(".unknown"):
        return 404
    if error.code in _FORBIDDEN:
        return 403
    return 409 if error.code in _CONFLICTS else 422


def user_text(key: str) -> str:
    """What the console says in English."""
    from consent.console import i18n

    return i18n.catalogues((i18n.OWN,))["en"].get(key, key)
