"""A receipt as a consent record after ISO/IEC TS 27560:2023, in JSON-LD with the terms of the Data Privacy Vocabulary.

The standard is not freely available; this follows the public profile of it in W3C's DPV (dpv-27560: record,
processing, notice, party, consent events) and is checked against a schema of ours,
`tests/contract/schema/receipt_27560.json`. What the profile has and we do not know (recipients by name, storage
locations) is left out rather than made up.
"""

from typing import Any

from consent.admin.ledger import Line
from consent.model import PolicyDocument

SCHEMA_VERSION = "1"
CONTEXT = {
    "dpv": "https://w3id.org/dpv#",
    "dct": "http://purl.org/dc/terms/",
    "fh": "urn:firsthand:consent#",
}
_STATES = {True: "dpv:ConsentGiven", False: "dpv:ConsentRefused"}


def receipt_record(line: Line, document: PolicyDocument) -> dict[str, Any]:
    """`line`: a receipt of the ledger with its payload; `document`: the policy that was in force."""
    payload = line.payload or {}
    purposes = {p.id: p for p in document.purposes}
    notice = next((n for n in document.notices if n.hash == payload["noticeHash"]), None)
    withdrawn = payload["action"] == "withdraw"
    return {
        "@context": CONTEXT,
        "@type": "dpv:ConsentRecord",
        "record": {
            "dct:identifier": payload["id"],
            "schemaVersion": SCHEMA_VERSION,
            "dpv:hasDataSubject": payload["subject"],
            "ledger": {"seq": line.seq, "hash": line.hash, "commitment": line.commitment},
        },
        "parties": [
            {
                "@type": "dpv:DataController",
                "dpv:hasName": document.controller.name,
                "dpv:hasContact": document.controller.contact,
                "dct:source": document.controller.url,
            }
        ],
        "notice": {
            "@type": "dpv:ConsentNotice",
            "dct:identifier": payload["noticeHash"],
            "dct:language": notice.locale if notice else payload["locale"],
            "dct:title": notice.title if notice else None,
            "dct:source": notice.url if notice else None,
            "fh:words": payload.get("words"),
            "policyVersion": payload["policyVersion"],
        },
        "processing": [
            {
                "@type": "dpv:Process",
                "dpv:hasPurpose": id,
                "version": said["version"],
                "description": purposes[id].texts[next(iter(purposes[id].texts))].title if id in purposes else id,
                "dpv:hasLegalBasis": said["legalBasis"],
                "dpv:hasPersonalData": list(purposes[id].pii_categories) if id in purposes else [],
                "dpv:hasRecipient": list(purposes[id].recipients) if id in purposes else [],
                "dpv:hasStorageCondition": {
                    "retentionDays": document.retention.get(purposes[id].retention) if id in purposes else None
                },
                "withdrawal": purposes[id].withdrawal if id in purposes else "stop",
            }
            for id, said in payload["purposes"].items()
        ],
        "events": [
            {
                "@type": "dpv:ConsentStatus",
                "dpv:hasPurpose": id,
                "dpv:hasStatus": "dpv:ConsentWithdrawn" if withdrawn else _STATES[said["granted"]],
                "dct:date": payload["serverTime"],
                "dct:valid": said["expiresAt"] if said["granted"] else None,
                "dpv:isIndicatedAtTime": payload["clientTime"],
                "method": payload["method"],
                "dpv:hasJurisdiction": payload["jurisdiction"],
                "gpc": payload["gpc"],
            }
            for id, said in payload["purposes"].items()
        ],
    }
