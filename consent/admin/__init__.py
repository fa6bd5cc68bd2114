"""What officers do, as plain functions over a connection. The console's pages and the command line call these.

    from consent.admin import Admin, audit, events, figures, people, policies, ledger, simulate

    with store.write() as connection:
        draft = policies.save_draft(connection, admin, "default", document, comment="…", draft_id=None)

Every function that changes something takes an `Admin` (who, when, where ids and random bytes come from), runs in the
caller's transaction and writes one entry to the audit chain `<site>/audit` itself: nothing is changed without a
trace, and a change that fails leaves none. Who may call what is decided above (roles are the console's); the
four-eyes rule is kept here, because it is a rule of the data: nobody publishes what they wrote, but for the command
line of whoever owns the machine.

    policies   sites · current · history · version · drafts · draft · save_draft · submit · reject · publish ·
    roll_back · diff events     current · save · history · seen · unmapped people     find · withdraw · suppress ·
    lift · erase ledger     search · receipt · report (verify) · checkpoint figures    opt_in · trend · totals audit
    record · search simulate   simulate

Errors that the person can mend are `AdminError`, `consent.policy.PolicyError` or `consent.receipts.ChoiceError`; all
say what to do.
"""

from collections.abc import Callable

from msgspec import Struct

from consent.ledger.append import RandomBytes
from consent.mistakes import Mistake


class AdminError(Mistake):
    """It cannot be done; the text says why and what to do (mistakes.py)."""


class Admin(Struct, frozen=True):
    """Who acts: `name` as it stands in the audit log; `now` in milliseconds since the epoch. `also`: who counts as the
    same person where four eyes are needed (whoever made the token that acts).

    `owner`: the command line of whoever owns the machine, who could change the store anyway. It needs no second pair
    of eyes, and the audit log says so.
    """

    name: str
    now: int
    new_id: Callable[[], str]
    random: RandomBytes
    owner: bool = False
    also: tuple[str, ...] = ()

    @property
    def who(self) -> tuple[str, ...]:
        """All names of the person who acts."""
        return (self.name, *self.also)
