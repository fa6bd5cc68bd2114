"""A token bucket per source and worker: `rate` events a second, bursts up to `burst`."""

from collections.abc import Callable
from math import ceil

from collector.context import Source

# Of a long wait, of which sums of floats lose a little: without it the promised wait could be refused again
ROUNDING = 1e-6


class RateLimiter:
    """Buckets by source id. With several workers each holds its share of the rate."""

    def __init__(self, now: Callable[[], float], workers: int = 1) -> None:
        self._now, self._workers = now, workers
        self._buckets: dict[str, tuple[float, float]] = {}

    def take(self, source: Source, events: int) -> int:
        """0 if the events may pass, else the whole seconds after which they may."""
        rate, burst = source.rate / self._workers, source.burst / self._workers
        now = self._now()
        tokens, since = self._buckets.get(source.id, (burst, now))
        tokens = min(burst, tokens + (now - since) * rate)
        # A batch larger than the whole bucket would never pass: it may, once the bucket is full
        needed = min(events, burst)
        if tokens >= needed - ROUNDING:
            self._buckets[source.id] = (tokens - events, now)
            return 0
        self._buckets[source.id] = (tokens, now)
        return max(1, ceil((needed - tokens) / rate))
