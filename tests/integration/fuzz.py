"""Schemathesis at every operation that an OpenAPI document describes, in one test.

Its own `parametrize` makes a test of each operation while tests are collected: seconds of work in every process that
collects, and all of one name, of which pytest-xdist runs the first alone. Here they are made where they run.
"""

from collections.abc import Callable
from typing import Any

import hypothesis
import schemathesis
from hypothesis import HealthCheck
from schemathesis.checks import load_all_checks
from schemathesis.pytest.lazy import get_all_tests

Case = schemathesis.Case[Any]


def ask_all(schema: schemathesis.BaseSchema, ask: Callable[[Case], None], **settings: Any) -> int:
    """Call `ask` with cases of each operation of `schema`; the number of operations. `settings` are Hypothesis'.

    Raises: what `ask` raises, with the operation's name noted.
    """

    def asked(case: Case) -> None:
        ask(case)

    load_all_checks()
    chosen = hypothesis.settings(deadline=None, suppress_health_check=list(HealthCheck), **settings)
    count = 0
    for found in get_all_tests(schema=schema, test_func=asked, settings=chosen, given_kwargs={}):
        operation, run = found.ok()
        try:
            run()
        except BaseException as error:
            error.add_note(operation.label)
            raise
        count += 1
    return count
