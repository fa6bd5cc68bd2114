"""What purposes are called, in the reader's language: officers read titles, the id stands beside where it is needed."""

from consent.model import PolicyDocument, Purpose


def titles(document: PolicyDocument | None, language: str) -> dict[str, str]:
    """By id, for the purposes of a policy; none without one. Whoever shows another id shows the id itself."""
    return {p.id: title_of(p, language) for p in document.purposes} if document else {}


def title_of(purpose: Purpose, language: str) -> str:
    """In this language, or a near one, or English; else the id, which is at least the same for everybody."""
    near = language.partition("-")[0]
    ranked = [text for locale, text in purpose.texts.items() if locale == language]
    ranked += [text for locale, text in purpose.texts.items() if locale.partition("-")[0] == near]
    ranked += [text for locale, text in purpose.texts.items() if locale.partition("-")[0] == "en"]
    return ranked[0].title if ranked else purpose.id
