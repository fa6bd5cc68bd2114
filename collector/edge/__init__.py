"""The thin edge: what stands between HTTP and the pipeline. One concern a file, each a small function or class.

Not ASGI middleware: a wrapper costs every request a frame or two and cannot share what it found out, and the order
matters here (read, decode, authorise, limit, process), so routes/ingest.py calls them one after another.
"""
