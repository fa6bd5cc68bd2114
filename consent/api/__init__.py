"""The admin API, `/v1/admin/*`: what officers do in the console, for programs. docs/admin-api.md is the page.

What lies here
    tables      the tokens that open it
    tokens      made, listed, taken back; never stored as they are
    operation   what an operation is: method, path, permission, the structs it takes and gives
    call        one request of one token: what an operation gets
    answers     refusals as problem+json (RFC 9457), results as JSON
    limits      how often a token, and an address without one, may ask
    app         from operations to routes; who may, checked in one place
    openapi     the OpenAPI 3.1 document, generated from the same list
    operations/ this package's operations; `collector/api/` adds the operators'

An operation calls the functions of `consent.admin`, which the console's pages call as well: there is one copy of each
rule, and whatever changes something writes its line of the audit log there. Who may do what is the console's table of
roles. What an operation takes and gives are typed structs; the document is made from them, so it cannot say anything
else than what is decoded and encoded.

Only `Authorization: Bearer` opens it. Cookies are not looked at, so nothing that a browser sends by itself can act, and
no other origin is allowed to read an answer.
"""
