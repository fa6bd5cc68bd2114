"""How often the firewall is right over the corpus: recall a class, false alarms a kind, as one table."""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import NamedTuple

from tests.consent.pii.corpus import Item

Scrub = Callable[[Item], tuple[str, set[str]]]  # what is left of the text, classes that were acted on


class Score(NamedTuple):
    """Counts by class: `found` of `positives` left no value; `false` alarms, with examples by kind."""

    positives: Counter[str]
    found: Counter[str]
    false: Counter[str]
    false_by_kind: Counter[str]
    negatives: int
    missed: list[Item]
    alarms: list[tuple[Item, str]]

    @property
    def recall(self) -> float:
        return self.found.total() / self.positives.total()

    @property
    def precision(self) -> float:
        return self.found.total() / (self.found.total() + self.false.total())

    def table(self) -> str:
        rows = ["| class | positives | found | recall | false alarms | precision |", "|---|---|---|---|---|---|"]
        for cls in sorted(self.positives):
            share, right = self.found[cls] / self.positives[cls], self.found[cls] / (self.found[cls] + self.false[cls])
            rows.append(
                f"| {cls} | {self.positives[cls]:,} | {self.found[cls]:,} | {share:.3f} | {self.false[cls]} | {right:.3f} |"
            )
        total = self.positives.total()
        rows.append(
            f"| **all** | {total:,} | {self.found.total():,} | {self.recall:.4f} | {self.false.total()} of {self.negatives:,} | {self.precision:.4f} |"
        )
        return "\n".join(rows)


def score(items: Iterable[Item], scrub: Scrub) -> Score:
    """Run everything through `scrub` once."""
    done = Score(Counter(), Counter(), Counter(), Counter(), 0, [], [])
    negatives = 0
    for item in items:
        left, classes = scrub(item)
        if item.cls:
            done.positives[item.cls] += 1
            # Some other class may have taken the value; what counts is that it is gone
            if item.value not in left and classes and left != item.text:
                done.found[item.cls] += 1
            else:
                done.missed.append(item)
        else:
            negatives += 1
            if left != item.text:
                done.false.update(classes)
                done.false_by_kind[item.kind] += 1
                done.alarms.append((item, left))
    return done._replace(negatives=negatives)
