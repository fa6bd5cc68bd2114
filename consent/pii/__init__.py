"""PII firewall: what identifies a person is hashed, cut or dropped before it touches the disk.

`keys` holds the site's HMAC keys, `hashing` turns a value into a keyed pseudonym, `declared`
knows which field names hold PII, `urls` cuts addresses down to what analysis needs.
Everything but `keys` is pure.
"""
