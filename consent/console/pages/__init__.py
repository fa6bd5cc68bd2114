"""The pages of this package, in the order of the navigation. A page is a file here and a line below."""

from typing import Final

from consent.console.page import Page
from consent.console.pages.audit import AUDIT
from consent.console.pages.keys import KEYS
from consent.console.pages.ledger import LEDGER
from consent.console.pages.map import MAP
from consent.console.pages.overview import OVERVIEW
from consent.console.pages.people import PEOPLE
from consent.console.pages.policy import POLICY
from consent.console.pages.requests import REQUESTS
from consent.console.pages.tokens import TOKENS
from consent.console.pages.users import USERS

PAGES: Final[tuple[Page, ...]] = (OVERVIEW, POLICY, MAP, LEDGER, PEOPLE, REQUESTS, KEYS, AUDIT, USERS, TOKENS)
