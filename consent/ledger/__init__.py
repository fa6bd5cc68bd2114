"""The ledger: an append-only chain of what was chosen and done, from which a person can still be erased.

    hash[n]       = SHA-256(label ‖ chain, n, time, kind, commitment[n], hash[n-1])
    commitment[n] = SHA-256(salt[n] ‖ payload[n])

The chain runs over commitments, not over what people chose. Payload and salt (32 random bytes) lie in a side table. To
erase a person is to delete those rows: the chain still verifies, and what is left says that *something* was recorded
then, but not what, and without the salt it cannot be guessed either. The erasure is an entry of its own that names the
numbers it emptied, so a payload that is missing without one is damage, and `verify` says so.

One row a chain (`ledger_head`) is locked while it grows, so concurrent writers queue and never fork it. Each thousandth
entry, and whenever somebody asks, the head is signed (Ed25519). A checkpoint kept elsewhere proves later that nothing
before it was rewritten, cut off or put in between.

`chain` and `payloads` are pure; `append`, `verify`, `checkpoint`, `erase` and `export` take a connection.
"""
