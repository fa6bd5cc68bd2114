"""The pages of this package, in the order of the navigation. A page is a file here and a line below."""

from typing import Final

from consent.console.page import Page
from consent.console.pages.audit import AUDIT
from consent.console.pages.users import USERS

PAGES: Final[tuple[Page, ...]] = (AUDIT, USERS)
