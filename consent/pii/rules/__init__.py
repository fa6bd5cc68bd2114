"""All rules of the firewall, in the order in which they may claim a piece of text: the more particular first.

To add one is a file and a line. The suite then checks the newcomer: its look never misses what it finds, its time grows
with the length of the text, it stands in docs/privacy.md, and the corpus says how often it is right.
"""

from typing import Final

from consent.pii.model import Rule
from consent.pii.rules import (
    address,
    bank,
    biometric,
    birthday,
    card,
    cn_id,
    device,
    documents,
    email,
    health,
    name,
    network,
    phone,
    plate,
    secret,
    ssn,
    wechat,
)

PII_RULES: Final[tuple[Rule, ...]] = (
    secret.JWT, secret.API_KEY, secret.RESET_LINK, secret.GIVEN_AWAY,
    email.RULE,
    biometric.RULE,
    documents.MRZ,
    bank.IBAN, cn_id.RULE,
    phone.CN_PLUS, phone.E164,
    health.RECORD, health.DIAGNOSIS,
    device.IMEI, device.MAC, device.ADVERTISING,
    documents.PASSPORT, documents.PERMIT, documents.HONG_KONG, documents.TAIWAN,
    card.RULE, bank.ACCOUNT, cn_id.OLD,
    ssn.RULE, ssn.BARE,
    phone.CN_MOBILE, phone.CN_LANDLINE, phone.NORTH_AMERICAN,
    plate.RULE,
    wechat.RULE,
    network.IPV4, network.IPV6,
    address.CHINESE, address.ENGLISH, address.PO_BOX,
    birthday.DATE, birthday.AGE,
    name.CHINESE, name.SIGNED, name.ENGLISH,
)  # fmt: skip
