"""One file a change of the tables, run by consent/store/revision.py. A published migration is never edited."""
