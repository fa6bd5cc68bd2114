"""The live view: events on a screen as they arrive, with their verdict.

Constraints
    It must cost the hot path nothing, see the events of all worker processes and never show more than what
    is stored anyway. So it is a reader of the spool and no tap in the pipeline: what it shows are the rows
    that were enriched, gated and scrubbed, and refused events in the scrubbed form that `bad_events` keeps.
    A raw body cannot reach it, because no raw body is ever in the spool.

Layout
    tail    files → rows. Blocking, in a thread, only while somebody watches. One cursor a shard walks the
            segments in order, by descriptor: a segment may be sealed (renamed) or committed (deleted) under it.
    hub     rows → watchers. One background task a process polls the tail five times a second and hands each
            watcher what it asked for. A watcher who reads slowly loses his oldest rows, never the server's memory.
    sse     watchers → bytes of a server-sent event stream.
    access  the token that opens the view, and the cookie that keeps it open.

What is exact
    Counts are exact for everything that was read, also when rows are not shown: a poll shows at most
    `ROWS_A_POLL` rows, a watcher holds at most `WAITING_ROWS`, and both say how many they left out. Under a
    load that nobody could follow with their eyes the tail jumps ahead and says how many bytes it passed over.

What it is not
    Not a record. It begins at the end of the spool with a few rows for context, forgets at once, and may
    show a row some milliseconds before the disk has confirmed it.
"""
