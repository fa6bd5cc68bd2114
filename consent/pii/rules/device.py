"""Ids of devices: IMEI (15 digits with Luhn, 3GPP TS 23.003), MAC addresses, advertising and vendor ids.

An advertising id is a UUID like any other: only its name gives it away.
"""

import re

from consent.pii.checks import digits_of, luhn
from consent.pii.model import Context, Rule

WORDS = re.compile(
    r"imei|meid|idfa|idfv|oaid|gaid|aaid|vaid|advertis|android_?id|device_?id|deviceid|设备号|设备标识|广告标识|串号",
    re.I,
)


def _mac(value: str) -> bool:
    plain = re.sub("[:-]", "", value).lower()
    return plain not in ("000000000000", "ffffffffffff") and not plain.isalpha()


IMEI = Rule(
    "imei", "device", r"(?i)imei|meid|串号|设备号|deviceid|device_id",
    re.compile(r"(?<![\w.-])(?P<v>\d{2}[ -]?\d{6}[ -]?\d{6}[ -]?\d)(?![\w-]|\.\d)", re.A),
    lambda value: luhn(digits_of(value)), Context(needs=WORDS), by_word=True,
)  # fmt: skip
MAC = Rule(
    "mac", "device", r"(?i)[0-9a-f]{2}[:\-][0-9a-f]{2}[:\-][0-9a-f]{2}[:\-][0-9a-f]{2}[:\-][0-9a-f]{2}",
    re.compile(r"(?<![0-9A-Za-z:-])(?P<v>[0-9A-Fa-f]{2}([:-])(?:[0-9A-Fa-f]{2}\2){4}[0-9A-Fa-f]{2})(?![0-9A-Za-z:-])", re.A),
    _mac,
)  # fmt: skip
ADVERTISING = Rule(
    "advertising_id", "device", r"(?i)idfa|idfv|oaid|gaid|aaid|vaid|advertis|android_?id|device_?id|设备标识|广告标识",
    re.compile(r"(?<![\w-])(?P<v>[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}|[0-9A-Fa-f]{16}|[0-9A-Fa-f]{32,64})(?![\w-])", re.A),
    bool, Context(needs=WORDS), by_word=True,
)  # fmt: skip
