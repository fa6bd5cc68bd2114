"""An anonymous person logged in: which choice counts now, the device's or the person's? Pure (vectors: `merge.json`).

* Where nothing implied is enough (`opt_in`), the newest explicit choice is the person's will; of two at the same time
  the denial.
* Where silence allows (`opt_out`, `exempt`), an opt-out counts whenever it was said: an older "no" beats a newer "yes"
  of another device (CCPA regulations §7025(c): the signal holds for the known consumer as well).
* Whoever cannot prove to be the person (a public write key) can only narrow: a grant of the device changes nothing.
* Each disagreement is a conflict, to be recorded beside the outcome.
"""

from collections.abc import Mapping

from msgspec import Struct

from consent.model import Choice


class Merged(Struct, frozen=True):
    """Choices by purpose, and the purposes about which the two disagreed, sorted."""

    choices: dict[str, Choice]
    conflicts: tuple[str, ...]


def merge(
    device: Mapping[str, Choice], person: Mapping[str, Choice], modes: Mapping[str, str], trusted: bool
) -> Merged:
    """`modes`: by purpose; an unknown purpose is treated as opt-out is, denial first."""
    choices: dict[str, Choice] = {}
    conflicts = []
    for purpose in sorted({*device, *person}):
        one, other = device.get(purpose), person.get(purpose)
        if one is not None and other is not None and one.granted != other.granted:
            conflicts.append(purpose)
        kept = _kept(one, other, modes.get(purpose) == "opt_in", trusted)
        if kept is not None:
            choices[purpose] = kept
    return Merged(choices, tuple(conflicts))


def _kept(device: Choice | None, person: Choice | None, newest_wins: bool, trusted: bool) -> Choice | None:
    if device is not None and device.granted and not trusted:
        return person
    if device is None or person is None:
        return device or person
    if not trusted and not person.granted:
        return person
    both = (device, person)
    if newest_wins and trusted:
        return max(both, key=lambda c: (c.at, not c.granted))
    return max(both, key=lambda c: (not c.granted, c.at))
