"""The collector: receives batches of events, gives every event a verdict, makes the batch durable, answers.

Read `pipeline.py` first: it is the path of one event. Then `spool/__init__.py`: what makes "200" true.
"""

__version__ = "0.1.0"
