"""The policy that Firsthand ships: files to start from, edited by whoever publishes. Not legal advice.

`purposes.json`, `notices.json` and `jurisdictions.json` are the members of a `PolicyDocument`. They say what the
authors read in the laws named beside each rule, in November 2026; a privacy officer answers for what is published.
"""

from functools import cache
from pathlib import Path

import msgspec

from consent.model import Jurisdiction, Notice, PolicyDocument, Purpose
from consent.policy import checked

HERE = Path(__file__).parent


@cache
def preset() -> PolicyDocument:
    """The shipped document, checked."""
    return checked(
        PolicyDocument(
            purposes=msgspec.json.decode((HERE / "purposes.json").read_bytes(), type=tuple[Purpose, ...]),
            notices=msgspec.json.decode((HERE / "notices.json").read_bytes(), type=tuple[Notice, ...]),
            jurisdictions=msgspec.json.decode(
                (HERE / "jurisdictions.json").read_bytes(), type=tuple[Jurisdiction, ...]
            ),
        )
    )
