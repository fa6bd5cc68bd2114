"""What every answer of the console carries. No script and no style stands in a page, so the policy forbids both there.

`style-src` and `script-src` know `'self'` alone: a text that got into a page as markup in spite of all could neither
run nor dress up as something else, nor send a form elsewhere, nor be framed.
"""

from typing import Final

POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "frame-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
# The preview of a banner stands in a frame of ours
FRAMED: Final = POLICY.replace("frame-ancestors 'none'", "frame-ancestors 'self'")

COMMON: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "Referrer-Policy": "same-origin",  # a form must say where it comes from; nobody else is told
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
STATIC: Final = {**COMMON, "Cache-Control": "public, max-age=31536000, immutable"}
