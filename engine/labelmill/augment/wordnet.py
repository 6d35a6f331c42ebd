"""Synonyms from WordNet, where NLTK's data is installed; nothing is ever downloaded."""

import warnings
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
    from nltk.corpus.reader.wordnet import WordNetCorpusReader, WordNetError  # noqa: PLC0415 (heavy)

    folder = _find("corpora/wordnet")
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The multilingual functions", UserWarning)
        try:
            reader = WordNetCorpusReader(folder, None)
        except (OSError, ValueError, AssertionError, WordNetError) as error:
            message = f"NLTK's data 'corpora/wordnet' is damaged or not complete: {error}"
            raise BadResource("wordnet", message) from error
    return WordNet(reader, frozenset(reader.all_lemma_names()))


@dataclass(frozen=True, slots=True)
class WordNet:
    """English words and their synonyms; `names` are the base forms that WordNet has."""

    reader: Any
    names: frozenset[str]

    def synonyms(self, word: str) -> tuple[str, ...]:
        """Words of the most frequent sense of a word, in WordNet's order.

        Only the base form of a word has synonyms: `dog` has, `dogs` has not, since what WordNet
        would give in its place is in the singular. Words of one or two letters and words that
        WordNet never counted in a text have none: its `a` is a unit of length, its `it` a trade.
        """
        key = word.casefold().replace(" ", "_")
        if len(key) < 3 or key not in self.names:
            return ()
        senses = [
            (lemma.count(), synset)
            for synset in self.reader.synsets(key)
            for lemma in synset.lemmas()
            if lemma.name().casefold() == key
        ]
        if not senses or max(count for count, _ in senses) == 0:
            return ()
        _, synset = max(senses, key=lambda sense: sense[0])
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
