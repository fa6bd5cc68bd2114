"""The steps an event takes, one verb a file. A step is `(event, context) -> event` or raises `Drop(reason)`.

Steps are pure: what they need of clocks, keys and databases comes in the context.
"""
