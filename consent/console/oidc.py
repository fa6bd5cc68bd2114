"""Logging in at an OpenID provider: authorization code flow with PKCE (OpenID Connect Core 1.0, RFC 7636), by Authlib.

Nobody is made here. An administrator adds people by their mail address; at the first login the provider must say that
this address is verified, and from then on the account is the provider's subject, so that an address that is given to
somebody else later does not open the old account.

What must come back unchanged (state, nonce, verifier, where to go) waits in a cookie of ten minutes. It is `Lax`, not
`Strict`, because the way back from the provider begins at another site; for the same reason the answer is a page that
leads on, not a redirect, which would not carry the session's own strict cookie.
"""

import hmac
import logging
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from msgspec import Struct
from starlette.responses import Response

from consent.console import sessions, users
from consent.console.config import OpenIdProvider
from consent.console.door import enter
from consent.console.page import Endpoint
from consent.console.users import User
from consent.console.visit import Refused, Visit, local

log = logging.getLogger("firsthand.console")

COOKIE: Final = "firsthand_oidc"
COOKIE_SECONDS: Final = 600
SECONDS: Final = 5.0
ALGORITHMS: Final = ("RS256", "PS256", "ES256", "EdDSA")  # asymmetric ones: none and HMAC are how tokens are forged
LEEWAY: Final = 60
MOST_BYTES: Final = 512 * 1024


class OidcError(Exception):
    """The provider's answer cannot be used. Quotes nothing of it."""


class Discovered(Struct):
    """What is read of the provider's metadata (OpenID Connect Discovery 1.0)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str


class Waiting(Struct):
    """What waits in the cookie."""

    state: str
    nonce: str
    verifier: str
    onward: str


class Identity(Struct):
    """Who the provider says it is. `subject`: issuer and subject together."""

    subject: str
    email: str
    verified: bool


def start(visit: Visit) -> Response:
    """Off to the provider."""
    provider = _provider(visit)
    waiting = Waiting(secrets.token_urlsafe(24), secrets.token_urlsafe(24), secrets.token_urlsafe(48),
                      local(visit.query("next")))  # fmt: skip
    try:
        found = discover(provider)
        with _session(visit, provider, waiting.state) as session:
            address, _ = session.create_authorization_url(
                found.authorization_endpoint, state=waiting.state, nonce=waiting.nonce, code_verifier=waiting.verifier
            )
    except (OidcError, AuthlibBaseError, requests.RequestException) as error:
        return _failed(visit, error)
    response = visit.go(address)
    secure = sessions.is_secure(visit.request, visit.house.config)
    response.set_cookie(_cookie(secure), urlsafe_b64encode(msgspec.json.encode(waiting)).decode(),
                        max_age=COOKIE_SECONDS, path="/", httponly=True, samesite="lax", secure=secure)  # fmt: skip
    return response


def callback(visit: Visit) -> Response:
    """Back from the provider: who is it, and may they enter?"""
    provider = _provider(visit)
    try:
        waiting = _waiting(visit)
        if not hmac.compare_digest(visit.query("state").encode(), waiting.state.encode()) or not visit.query("code"):
            raise OidcError("another state, or no code")
        found = discover(provider)
        with _session(visit, provider, waiting.state) as session:
            token = session.fetch_token(
                found.token_endpoint, code=visit.query("code"), grant_type="authorization_code",
                code_verifier=waiting.verifier, timeout=SECONDS,
            )  # fmt: skip
        keys = KeySet.import_key_set(_json(found.jwks_uri))
        who = identity(str(token.get("id_token", "")), keys, found.issuer, provider.client_id, waiting.nonce, visit.now)
    except (OidcError, AuthlibBaseError, JoseError, requests.RequestException, ValueError, KeyError) as error:
        return _failed(visit, error)
    user = _user_of(visit, who)
    entered = enter(visit, user, waiting.onward)
    page = visit.render("onward.html", address=waiting.onward)
    for name, value in entered.raw_headers:
        if name == b"set-cookie":
            page.raw_headers.append((name, value))
    secure = sessions.is_secure(visit.request, visit.house.config)
    page.delete_cookie(_cookie(secure), path="/", httponly=True, samesite="lax", secure=secure)
    return page


def discover(provider: OpenIdProvider) -> Discovered:
    """The provider's metadata. Raises OidcError if it is not that issuer's, or leads to an address without TLS."""
    try:
        found = msgspec.convert(_json(f"{provider.issuer.rstrip('/')}/.well-known/openid-configuration"), Discovered)
    except msgspec.ValidationError as error:
        raise OidcError("its metadata is incomplete") from error
    if found.issuer != provider.issuer:  # Discovery §4.3: must be identical
        raise OidcError("its metadata names another issuer")
    return found


def identity(token: str, keys: KeySet, issuer: str, client_id: str, nonce: str, now: float) -> Identity:
    """Whom an ID token is about (Core §3.1.3.7). Raises JoseError or OidcError for one that is not for us, now."""
    claims = jwt.decode(token, keys, algorithms=list(ALGORITHMS)).claims
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    expires, issued = claims.get("exp"), claims.get("iat")
    if claims.get("iss") != issuer or client_id not in audiences:
        raise OidcError("the token is of another issuer or for another client")
    if len(audiences) > 1 and claims.get("azp") != client_id:
        raise OidcError("the token was made for another client")
    if not isinstance(expires, int | float) or not isinstance(issued, int | float):
        raise OidcError("the token says no time")
    if expires < now - LEEWAY or issued > now + LEEWAY:
        raise OidcError("the token is over, or not yet")
    if not hmac.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()):
        raise OidcError("the token answers another question")
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= 255:
        raise OidcError("the token is about nobody")
    email = claims.get("email")
    # `is True`: some providers write "false" as a text
    return Identity(
        f"{issuer} {subject}", email if isinstance(email, str) else "", claims.get("email_verified") is True
    )


def _user_of(visit: Visit, who: Identity) -> User:
    """The person of this console. Raises Refused if nobody was added for them, or they may not enter."""
    with visit.house.store.write() as connection:
        user = users.by_oidc(connection, who.subject)
        if user is None and who.verified and who.email:
            user = users.by_login(connection, who.email)
            if user is not None and users.is_bound(connection, user.id):
                user = None  # that address was another account's before
            if user is not None and user.active:
                users.bind_oidc(connection, user.id, who.subject)
                visit.house.audit(connection, "", user.login, "user.bind", user.login, {}, visit.now)
    if user is None or not user.active:
        raise Refused(403, "login.oidcUnknown")
    return user


def _provider(visit: Visit) -> OpenIdProvider:
    if visit.house.config.oidc is None:
        raise Refused(404, "error.404")
    return visit.house.config.oidc


def _session(visit: Visit, provider: OpenIdProvider, state: str) -> OAuth2Session:
    back = f"{visit.house.config.public_url.rstrip('/')}/console/oidc/callback"
    return OAuth2Session(
        provider.client_id, provider.client_secret, scope="openid email", redirect_uri=back, state=state,
        code_challenge_method="S256", token_endpoint_auth_method="client_secret_basic",  # noqa: S106 - a method's name
    )  # fmt: skip


def _json(url: str) -> Any:
    """A JSON document of the provider's: by TLS, but for a provider on this machine."""
    parts = urlsplit(url)
    if parts.scheme != "https" and parts.hostname not in ("127.0.0.1", "::1", "localhost"):
        raise OidcError("an address without TLS")
    with requests.get(url, timeout=SECONDS, stream=True, allow_redirects=False) as answer:
        if answer.status_code != 200:
            raise OidcError(f"it answers {answer.status_code}")
        body = answer.raw.read(MOST_BYTES + 1, decode_content=True)
    if len(body) > MOST_BYTES:
        raise OidcError("too long an answer")
    try:
        return msgspec.json.decode(body)
    except msgspec.DecodeError as error:
        raise OidcError("no JSON") from error


def _cookie(secure: bool) -> str:
    return f"__Host-{COOKIE}" if secure else COOKIE


def _waiting(visit: Visit) -> Waiting:
    came = sessions.read_cookie(visit.request, visit.house.config, COOKIE)
    try:
        return msgspec.json.decode(urlsafe_b64decode(came), type=Waiting)
    except (ValueError, msgspec.DecodeError) as error:
        raise OidcError("nothing waits for this answer") from error


def _failed(visit: Visit, error: Exception) -> Response:
    what = str(error) if isinstance(error, OidcError) else type(error).__name__
    log.warning("a login at the OpenID provider failed: %s", what)
    raise Refused(502 if isinstance(error, requests.RequestException) else 403, "login.oidcFailed")


ENDPOINTS: Final = (
    ("/console/oidc/start", Endpoint(start), True),
    ("/console/oidc/callback", Endpoint(callback), True),
)
