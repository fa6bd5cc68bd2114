"""The keys that the settings name: those of the pseudonyms, and the ring of the consent store."""

from pathlib import Path

from collector.settings import Settings
from consent.keys import KeyRing, key_path, load
from consent.pii.keys import Keys, open_keys


def pii_path(settings: Settings) -> Path:
    """The file of the pseudonyms' keys."""
    return settings.data_dir / "keys" / "pii.json"


def live_keys(settings: Settings) -> Keys:
    """The live keys, made at first use. Raises KeyFileError."""
    return open_keys(pii_path(settings), settings.pii_keys, settings.pii_key_command)


def consent_ring(settings: Settings) -> KeyRing:
    """The consent store's keys, as a collector made them: with others nobody in the store would be found. Raises
    KeyRingError if there are none."""
    return load(key_path(settings.data_dir))


def stamp(settings: Settings) -> tuple[int, int]:
    """Changes when the key file does; keys of the environment and of a command are read at the start only."""
    try:
        status = pii_path(settings).stat()
    except FileNotFoundError:
        return 0, 0
    return status.st_mtime_ns, status.st_ino
