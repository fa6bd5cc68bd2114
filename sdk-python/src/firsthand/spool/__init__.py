"""The crash-safe local log of events that are not delivered yet: `spool_dir`. See spool/log.py for how and why."""
