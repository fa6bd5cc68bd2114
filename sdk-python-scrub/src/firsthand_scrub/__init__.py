"""Takes personal data out of every event before it leaves the process. README.md says the rest.

firsthand.configure("<write key>", "https://collect.example.org", before_send=firsthand_scrub.scrub)
"""

from firsthand_scrub.message import scrub
from firsthand_scrub.scan import scan_object, scan_text

__all__ = ["scan_object", "scan_text", "scrub"]
