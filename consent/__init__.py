"""Consent: what may be done with a person's data, decided in one place.

The lowest floor of the house: it imports neither the collector nor the warehouse, and its
decisions are pure functions that the SDKs repeat and `tests/contract/vectors` prove equal.
"""
