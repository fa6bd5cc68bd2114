"""What an operation is. `OPERATIONS` of each package is a tuple of these; a newcomer is one entry there.

The function gets a `Call` and gives what the answer is made of; it runs in a thread of the console's. Below a site's
path (`/sites/{site}/…`) it is about that site and open to tokens that were given it; otherwise it is about the whole
installation and open to tokens that were given every site, but for those marked `anybody`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import msgspec
from msgspec import Struct

if TYPE_CHECKING:
    from consent.api.call import Call


class Nothing(Struct, frozen=True, forbid_unknown_fields=True):
    """No members."""


class Ask(Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Base of what is taken: a member that is not known is a mistake of the sender's, and is said."""


class Give(Struct, frozen=True, rename="camel"):
    """Base of what is given."""


@dataclass(frozen=True)
class File:
    """An answer that is a file, piece by piece."""

    name: str
    kind: str
    pieces: Iterator[bytes]


@dataclass(frozen=True)
class Operation:
    """`path` stands below `/v1/admin`. `permission`: of consent/console/roles.py, empty for any token.

    `body` and `query`: the structs that they are decoded into. `answer`: the type that is encoded; None for a file.
    `status`: of success. `kinds`: the content types of a file.
    """

    method: Literal["GET", "POST", "PUT", "DELETE"]
    path: str
    permission: str
    run: "Callable[[Call], Any]"
    summary: str
    answer: Any = None
    body: type[Struct] | None = None
    query: type[Struct] = Nothing
    status: int = 200
    kinds: tuple[str, ...] = ()
    anybody: bool = False

    @property
    def of_site(self) -> bool:
        return self.path.startswith("/sites/{site}")

    @property
    def id(self) -> str:
        """A name for generated clients: `run`'s own."""
        module = self.run.__module__.rpartition(".")[2]
        return f"{module}_{self.run.__name__.strip('_')}"


def asked(values: dict[str, str], kind: type[Struct]) -> Any:
    """A query as the struct. Raises msgspec.ValidationError."""
    return msgspec.convert(values, kind, strict=False)
