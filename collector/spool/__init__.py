"""The spool: a local, append-only log that makes "200" true.

Constraints
    An acknowledged event survives kill -9, a torn write and a full disk. The hot path does one buffered
    write and one fdatasync for many requests. The loader can read while the collector writes, and no
    process has to be asked whether another one is alive.

Layout
    <data>/spool/<shard>/lock                  held (flock) by the one worker that writes this shard
    <data>/spool/<shard>/next                  the next sequence number with its checksum, replaced atomically
    <data>/spool/<shard>/000000000007.open     being written
    <data>/spool/<shard>/000000000006.sealed   complete, never changes again, the loader's to take
    <data>/spool/<shard>/000000000005.sealed

    A shard's name is `<collector id>-<8 random hex digits>`, made with its directory. A lost directory
    therefore means a new name, never a number used twice; numbers have no gaps.

    A segment is MAGIC and then frames:

        marker 4 bytes | length u32 | crc32c u32 | kind u8 | payload        (little endian; crc over kind and payload)

    kind 1: accepted rows of one request, NDJSON, enriched and scrubbed; kind 2: refused ones, for
    `bad_events`; kind 3: accepted ones, in which what several say alike is written once (collector/fold.py); kind 255:
    the footer, JSON with counts and the SHA-256 over all frame heads before it
    (the heads hold the payloads' checksums, so it stands for every byte and costs none of the payload's time).

Write
    Requests that arrive while an fdatasync runs share the next one (group commit); the answer goes out
    after it. A failed write or sync is never retried on the same file (the kernel may have dropped the
    pages): the requests get 503, the file is cut back to its last synced byte and a new segment begins.

Seal
    By size, age or shutdown: footer, fdatasync, rename to .sealed, directory fsync. `next` was moved on before:
    a sealed segment may be loaded and deleted at once, and its number must not be given again.

Recover
    Whoever gets a shard's lock and finds an .open file cuts off a torn tail (an interrupted write, so nobody was
    told 200) and seals it. Frames whose checksum is wrong stay; whoever reads them skips to the next marker,
    counts and reports them.

Delete
    Only the loader deletes, only whole sealed segments, only after the table shows their number.
"""
