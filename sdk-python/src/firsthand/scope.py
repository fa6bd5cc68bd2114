"""What is known about the person and the request around a call, carried by contextvars.

    with firsthand.context(user_id="u-7", consent={"analytics": True}, page={"path": "/cart"}):
        place_order()            # every event in here, also from other coroutines started in here, carries it

A scope is made once a request and read by every call, so it is immutable and keeps what calls derive from it (`memo`).
Inner scopes add to outer ones: ids and consent replace, context entries replace one by one. A thread that the host
starts inside begins without a scope, as it does without every other contextvar; `contextvars.copy_context().run` takes
it along.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from typing import Any, Callable


class Scope:
    """`consent`: purpose to bool as given, None if no choice is known. `context`: wire names."""

    __slots__ = ("anonymous_id", "consent", "context", "memo", "user_id")

    def __init__(self, user_id: Any, anonymous_id: Any, consent: Any, context: Mapping[str, Any]) -> None:
        self.user_id, self.anonymous_id, self.consent = user_id, anonymous_id, consent
        self.context = context
        self.memo: dict[Any, Any] = {}

    def within(self, outer: Scope | None) -> Scope:
        """This scope over an outer one."""
        if outer is None:
            return self
        return Scope(
            outer.user_id if self.user_id is None else self.user_id,
            outer.anonymous_id if self.anonymous_id is None else self.anonymous_id,
            outer.consent if self.consent is None else self.consent,
            {**outer.context, **self.context},
        )

    def carried(self) -> dict[str, Any]:
        """As plain values, to travel with a task to another process."""
        return {
            "user_id": self.user_id,
            "anonymous_id": self.anonymous_id,
            "consent": self.consent,
            "context": dict(self.context),
        }


class LazyScope(Scope):
    """A scope that is made when the first call looks at it: most requests track nothing and should pay nothing.

    Whatever `make` raises reaches the call that looked, which counts it; a later one tries again.
    """

    __slots__ = ("_make",)

    def __init__(self, make: Callable[[], Scope]) -> None:
        self._make = make

    def __getattr__(self, name: str) -> Any:
        # only reached while the slots are empty
        if name not in Scope.__slots__:
            raise AttributeError(name)
        made = self._make()
        for slot in Scope.__slots__:
            setattr(self, slot, getattr(made, slot))
        return getattr(made, name)


current: ContextVar[Scope | None] = ContextVar("firsthand_scope", default=None)


def scope(user_id: Any = None, anonymous_id: Any = None, consent: Any = None,
          context: Mapping[str, Any] | None = None) -> Scope:  # fmt: skip
    """A scope of its own, not yet entered. What the caller may still change is copied."""
    choices = dict(consent) if isinstance(consent, Mapping) else consent
    return Scope(user_id, anonymous_id, choices, dict(context or {}))


def received(carried: Any) -> Scope | None:
    """The scope that `carried()` described; None for anything else."""
    if not isinstance(carried, Mapping) or not isinstance(carried.get("context"), Mapping):
        return None
    return scope(carried.get("user_id"), carried.get("anonymous_id"), carried.get("consent"), carried["context"])


@contextmanager
def entered(inner: Scope) -> Iterator[None]:
    """Calls in this block see `inner` over what was there."""
    token = current.set(inner.within(current.get()))
    try:
        yield
    finally:
        current.reset(token)


def context(
    *, user_id: Any = None, anonymous_id: Any = None, consent: Any = None, **entries: Any
) -> AbstractContextManager[None]:
    """`with context(user_id=…, consent=…, page={…}):` who acts, with which choices, and entries of the context."""
    return entered(scope(user_id, anonymous_id, consent, entries))
