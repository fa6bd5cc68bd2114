"""Token buckets by a name that clients choose (an address, a write key with an address), in bounded memory.

For what is rare and costs something elsewhere, such as a login. The oldest name is forgotten when there are too many:
whoever is forgotten starts with a full bucket, so the limit bends under a flood of names but the memory does not.

Each worker keeps its own and holds its share, so that the limit is true of all together. Who keeps one connection open
stays with one worker and has only that share.
"""

from collections import OrderedDict
from collections.abc import Callable
from math import ceil


class Visitors:
    """`rate` a second, `burst` at once, for each of the last `most` names. `now`: seconds, any origin."""

    def __init__(self, rate: float, burst: float, now: Callable[[], float], most: int = 10_000) -> None:
        self._rate, self._burst, self._now, self._most = rate, burst, now, most
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, name: str, workers: int = 1) -> int:
        """0 if it may pass, else the whole seconds after which it may. `workers`: among how many it is shared."""
        now = self._now()
        rate, burst = self._rate / workers, max(1.0, self._burst / workers)
        tokens, since = self._buckets.pop(name, (burst, now))
        tokens = min(burst, tokens + (now - since) * rate)
        passed = tokens >= 1
        self._buckets[name] = (tokens - 1 if passed else tokens, now)
        if len(self._buckets) > self._most:
            self._buckets.popitem(last=False)
        return 0 if passed else max(1, ceil((1 - tokens) / rate))
