"""The operators' operations, a file a concern: each builds its own from the worker's desk."""

from collections.abc import Callable
from typing import Final

from collector.api.operations.health import health
from collector.api.operations.simulate import simulate
from collector.api.operations.sources import sources
from collector.console.desk import Desk
from consent.api.operation import Operation

OPERATIONS: Final[tuple[Callable[[Desk], tuple[Operation, ...]], ...]] = (simulate, sources, health)
