"""Augmenters on real texts with gold entities."""

from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from labelmill.augment.entity_swap import EntitySwap
from labelmill.augment.nlpaug import Nlpaug
from labelmill.augment.word_dropout import WordDropout
from labelmill.core.protocols import Augmenter, Bench
from labelmill.core.seeds import keyed_rng
from labelmill.core.spans import Example, Span
from labelmill.text.edits import apply, checked, project
from labelmill.text.language import Language

pytestmark = pytest.mark.slow
AUGMENTERS: dict[str, Augmenter] = {
    "keyboard": Nlpaug("char.KeyboardAug"),
    "delete": Nlpaug("word.RandomWordAug"),
    "swap": Nlpaug("word.RandomWordAug", {"action": "swap"}),
    "spelling": Nlpaug("word.SpellingAug"),
    "split": Nlpaug("word.SplitAug"),
    "dropout": WordDropout(),
    "entity_swap": EntitySwap("companies"),
}


@pytest.fixture(scope="module")
def tweets(corpora: Path) -> list[Example]:
    table = pq.read_table(corpora / "wnut17" / "train.parquet")
    texts = table["text"].to_pylist()
    tokens = Language().tokens(texts)
    examples = []
    for i, (text, entities) in enumerate(zip(texts, table["entities"].to_pylist(), strict=True)):
        spans = tuple(Span(e["start"], e["end"], "ORG") for e in entities)
        examples.append(Example(str(i), text, spans=spans, tokens=tuple(tokens.bounds(i))))
    return [example for example in examples if example.spans][:500]


@pytest.mark.parametrize("name", AUGMENTERS)
def test_entities_of_tweets_keep_their_words(
    name: str, tweets: list[Example], bench: Callable[..., Bench]
) -> None:
    rewriter = AUGMENTERS[name].bind(bench())
    changed = carried = untouched = 0

    for example in tweets:
        edits = checked(rewriter.rewrite(example, keyed_rng(name, example.id)), example.text)
        text = apply(example.text, edits)
        changed += text != example.text
        for span, place in zip(example.spans, project(example.spans, edits), strict=True):
            touched = any(edit.start < span.end and edit.end > span.start for edit in edits)
            carried += place is not None
            if not touched:
                untouched += 1
                assert place is not None
                assert text[place.start : place.end] == example.text[span.start : span.end]

    n_spans = sum(len(example.spans) for example in tweets)
    assert len(tweets) == 500
    assert changed > 0.9 * len(tweets)
    assert carried > 0.5 * n_spans  # a swap across a bound costs the entity
    assert untouched > 0 or name == "entity_swap"
