"""Presidio and scrubadub on the firewall's own ground: the same event, and the same labelled texts.

They are no part of the set-up. In a virtual environment of their own, so that their dependencies change nothing here:

    python -m venv peers && peers/bin/pip install presidio-analyzer scrubadub
    PYTHONPATH=.venv/lib/python3.11/site-packages peers/bin/python -m tests.bench.pii

Presidio has all its pattern recognisers for English and its enhancement by context words, over spaCy's tokens; no
language model, as none comes with the package: names and places are what such a model is for, so it finds none. Its
scores are taken from 0 on, which is its default, and from 0.4 on. scrubadub is as it comes. What they say of web
addresses and dates is left out, because by itself neither is anybody's. Where a text stands under the name of a field,
they are given the name before it, as `contact: 138…`, since they know of no fields. Neither claims to know Chinese
documents: the table says what is left to do for who has such texts, not that they do their own work badly.
"""

import logging
from collections.abc import Callable
from typing import Any, Final

from tests.consent.pii.corpus import Item
from tests.consent.pii.corpus.score import Score, Scrub

Spans = Callable[[str], list[tuple[int, int, str]]]  # start, end, what it is
NOBODYS: Final = frozenset({"URL", "DATE_TIME", "url"})


def presidio(least: float = 0.0) -> Spans:
    """All recognisers that need no model, with context words. Raises ImportError."""
    logging.getLogger("presidio-analyzer").setLevel(logging.ERROR)
    import spacy
    import tldextract
    from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
    from presidio_analyzer.nlp_engine import NlpArtifacts, SlimSpacyNlpEngine

    # Its mail recogniser would try to download a list of domains with every address
    tldextract.extract = tldextract.TLDExtract(suffix_list_urls=())

    class Words(SlimSpacyNlpEngine):  # type: ignore[misc, no-any-unimported]
        def process_text(self, text: str, language: str) -> Any:
            tokens = self.nlp[language](text)
            return NlpArtifacts([], tokens, [t.idx for t in tokens], [t.lower_ for t in tokens], self, language)

    engine = Words([{"lang_code": "en", "model_name": ""}])
    engine.nlp = {"en": spacy.blank("en")}
    registry = RecognizerRegistry()
    registry.load_predefined_recognizers(languages=["en"])
    registry.recognizers = [one for one in registry.recognizers if "Spacy" not in one.name]
    analyser = AnalyzerEngine(registry=registry, nlp_engine=engine)

    def spans(text: str) -> list[tuple[int, int, str]]:
        found = analyser.analyze(text, language="en", score_threshold=least)
        return [(one.start, one.end, one.entity_type) for one in found if one.entity_type not in NOBODYS]

    return spans


def scrubadub() -> Spans:
    """As it comes, without its detector of web addresses. Raises ImportError."""
    import scrubadub as peer

    scrubber = peer.Scrubber()
    scrubber.remove_detector("url")

    def spans(text: str) -> list[tuple[int, int, str]]:
        return [(one.beg, one.end, one.type or "") for one in scrubber.iter_filth(text)]

    return spans


def scrub_by(spans: Spans) -> Scrub:
    """What a peer leaves of an item's text."""

    def scrub(item: Item) -> tuple[str, set[str]]:
        head = "" if item.field == "note" else f"{item.field}: "
        left, end = "", len(head)
        classes: set[str] = set()
        text = head + item.text
        for start, stop, what in sorted(spans(text)):
            if stop > end:
                left += text[end : max(start, end)]
                end, classes = stop, classes | {what}
        return left + text[end:], classes

    return scrub


def table(scores: dict[str, Score]) -> str:
    """Recall by class and false alarms, side by side, as a table in Markdown."""
    names = list(scores)
    rows = [f"| class | {' | '.join(names)} |", f"|---|{'---|' * len(names)}"]
    for cls in sorted(next(iter(scores.values())).positives):
        shares = [f"{s.found[cls] / s.positives[cls]:.2f}" for s in scores.values()]
        rows.append(f"| {cls} | {' | '.join(shares)} |")
    rows.append(f"| **recall** | {' | '.join(f'{s.recall:.3f}' for s in scores.values())} |")
    alarms = [f"{sum(s.false_by_kind.values()) / s.negatives:.4f}" for s in scores.values()]
    rows.append(f"| **false alarms a text** | {' | '.join(alarms)} |")
    return "\n".join(rows)
