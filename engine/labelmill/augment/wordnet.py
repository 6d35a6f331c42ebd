"""Synonyms from WordNet, where NLTK's data is installed; nothing is ever downloaded."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labelmill.errors import BadResource


def require_nltk_data(*resources: str) -> None:
    """Make sure that resources of NLTK (`corpora/wordnet`) are installed.

    Raises:
        BadResource: if one is missing; says how to install it without a network.
    """
    for resource in resources:
        _find(resource)


def open_wordnet() -> "WordNet":
    """Open WordNet.

    Raises:
        BadResource: if it is not installed.
    """
    from nltk.corpus.reader.wordnet import WordNetCorpusReader  # noqa: PLC0415 (heavy)

    return WordNet(WordNetCorpusReader(_find("corpora/wordnet"), None))


@dataclass(frozen=True, slots=True)
class WordNet:
    """English words and their synonyms."""

    reader: Any

    def synonyms(self, word: str) -> tuple[str, ...]:
        """Words of the most frequent sense of a word, in WordNet's order.

        Only the base form of a word has synonyms: `dog` has, `dogs` has not, since what WordNet
        would give in its place is in the singular.
        """
        key = word.casefold().replace(" ", "_")
        lemmas = [
            (synset, lemma)
            for synset in self.reader.synsets(key)
            for lemma in synset.lemmas()
            if lemma.name().casefold() == key
        ]
        if not lemmas:
            return ()
        synset, _ = max(lemmas, key=lambda pair: pair[1].count())
        names = (lemma.name() for lemma in synset.lemmas())
        return tuple(name.replace("_", " ") for name in names if name.casefold() != key)


def _find(resource: str) -> Any:
    import nltk.data  # noqa: PLC0415 (heavy)

    name = resource.rsplit("/", 1)[-1]
    for place in (resource, f"{resource}.zip/{name}/"):
        try:
            return nltk.data.find(place)
        except LookupError:
            continue
    folders = ", ".join(str(Path(folder)) for folder in nltk.data.path)
    message = (
        f"NLTK's data '{resource}' is not installed. Copy it to one of {folders}, or set NLTK_DATA "
        f"to the folder that holds it (with a network: python -m nltk.downloader {name})"
    )
    raise BadResource(name, message)
