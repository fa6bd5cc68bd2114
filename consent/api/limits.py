"""How often: a token bucket for each token, and one for each address that shows none that is good.

In the memory of each worker, which holds its share, so that the limit is true of all together; who keeps one connection
open stays with one worker and has that share. What it bounds is the harm of a loop gone wrong and of guessing.
"""

from collections import OrderedDict
from collections.abc import Callable
from math import ceil
from typing import Final

TOKEN: Final = (20.0, 100.0)  # requests a second, and at once
STRANGER: Final = (1.0, 20.0)
MOST: Final = 10_000  # buckets; the one that was used longest ago goes first


class Buckets:
    """`steady`: seconds that only grow. `workers`: among how many processes the limit is shared."""

    def __init__(self, rate: float, burst: float, steady: Callable[[], float], workers: int = 1) -> None:
        self._rate, self._burst, self._steady = rate / workers, max(1.0, burst / workers), steady
        self._held: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, key: str, cost: float = 1.0) -> int:
        """0 if it may be done now, else the whole seconds after which it may. `cost` 0 only asks."""
        now = self._steady()
        held, since = self._held.pop(key, (self._burst, now))
        held = min(self._burst, held + (now - since) * self._rate)
        wait = max(1, ceil((1.0 - held) / self._rate)) if held < 1.0 else 0
        self._held[key] = (held if wait else held - cost, now)
        if len(self._held) > MOST:
            self._held.popitem(last=False)
        return wait
