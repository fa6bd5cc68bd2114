"""Keys: names and ages, and a new one. Never a key itself, but for public halves."""

from typing import Final

from consent.admin import keys
from consent.admin.keys import KeyLine
from consent.api.call import Call
from consent.api.operation import Give, Operation
from consent.keys import key_path


class Keys(Give, frozen=True):
    """`public`: Ed25519 public keys by kid, as hex, with which snapshots, checkpoints and certificates are checked."""

    keys: list[KeyLine]
    public: dict[str, str]


def listed(call: Call) -> Keys:
    ring = call.ring()
    return Keys(keys.listed(ring, call.ms), {kid: raw.hex() for kid, raw in ring.public_keys().items()})


def rotate(call: Call) -> KeyLine:
    path = key_path(call.house.config.data_dir)
    call.ring()  # makes the file where there is none
    with call.store.write() as connection:
        return keys.rotate(connection, call.admin, path, call.path("use"))


OPERATIONS: Final = (
    Operation("GET", "/keys", "keys.view", listed, "Which keys there are, and how old", Keys),
    Operation("POST", "/keys/{use}/rotate", "keys.rotate", rotate, "A new key of that use, in force at once", KeyLine,
              status=201),
)  # fmt: skip
