"""What every augmenter promises, whatever the text."""

import random  # noqa: TID251 (its state is what the tests look at)
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labelmill.augment.entity_swap import EntitySwap
from labelmill.augment.nlpaug import Nlpaug, Step
from labelmill.augment.nlpaug_catalog import AVAILABLE
from labelmill.augment.python import Python
from labelmill.augment.snorkel import Snorkel
from labelmill.augment.synonym import Synonym
from labelmill.augment.word_dropout import WordDropout
from labelmill.core.protocols import Augmenter, Bench, Rewriter
from labelmill.core.registry import AUGMENTERS
from labelmill.core.seeds import keyed_rng
from labelmill.core.spans import Example, Span
from labelmill.text.edits import apply, checked, project
from labelmill.text.language import Language

PYTHON = "augmenters/rewriting.py"
RESERVED = {"reserved_tokens": [["FWD", "Fwd"], ["Best Regards", "Sincerely", "New  York"]]}
CASES: dict[str, Augmenter] = {
    "keyboard": Nlpaug("char.KeyboardAug"),
    "keyboard-de": Nlpaug("char.KeyboardAug", {"lang": "de", "aug_word_max": None}),
    "ocr": Nlpaug("char.OcrAug", {"aug_char_p": 1.0, "aug_word_p": 1.0}),
    "char-substitute": Nlpaug("char.RandomCharAug", {"min_char": 1}),
    "char-insert": Nlpaug("char.RandomCharAug", {"action": "insert", "candidates": ["AA", "é"]}),
    "char-swap": Nlpaug("char.RandomCharAug", {"action": "swap", "min_char": 2}),
    "char-swap-middle": Nlpaug("char.RandomCharAug", {"action": "swap", "swap_mode": "middle"}),
    "char-swap-random": Nlpaug("char.RandomCharAug", {"action": "swap", "swap_mode": "random"}),
    "char-delete": Nlpaug("char.RandomCharAug", {"action": "delete", "aug_char_p": 1.0}),
    "word-delete": Nlpaug("word.RandomWordAug", {"aug_p": 1.0, "aug_max": None}),
    "word-swap": Nlpaug("word.RandomWordAug", {"action": "swap"}),
    "word-substitute": Nlpaug("word.RandomWordAug", {"action": "substitute"}),
    "word-crop": Nlpaug("word.RandomWordAug", {"action": "crop", "aug_p": 0.1}),
    "spelling": Nlpaug("word.SpellingAug", {"stopwords_regex": "^a"}),
    "spelling-own": Nlpaug("word.SpellingAug", {"dict_path": "spelling.txt"}),
    "split": Nlpaug("word.SplitAug", {"min_char": 3}),
    "reserved": Nlpaug("word.ReservedAug", RESERVED),
    "reserved-any-case": Nlpaug("word.ReservedAug", {
        "reserved_tokens": [["best regards", "Sincerely"]], "case_sensitive": False,
    }),
    "tfidf": Nlpaug("word.TfIdfAug", {"model_path": "tfidf"}),
    "tfidf-insert": Nlpaug("word.TfIdfAug", {"model_path": "tfidf", "action": "insert"}),
    "sequential": Nlpaug(flow="sequential", augmenters=(
        Step("word.RandomWordAug", {"action": "swap"}), Step("char.OcrAug"), Step("word.SplitAug"),
    )),
    "sometimes": Nlpaug(flow="sometimes", aug_p=0.5, augmenters=(
        Step("word.RandomWordAug"), Step("char.KeyboardAug"),
    )),
    "nlpaug-synonym": Nlpaug("word.SynonymAug"),
    "nlpaug-antonym": Nlpaug("word.AntonymAug"),
    "synonym": Synonym("synonyms.csv"),
    "wordnet": Synonym("wordnet", rate=1.0),
    "dropout": WordDropout(0.5),
    "swap-gazetteer": EntitySwap("companies"),
    "swap-train": EntitySwap(rate=0.5),
    "python-text": Python(f"{PYTHON}:shout", {"sign": "?"}),
    "python-edits": Python(f"{PYTHON}:first_letter"),
    "python-global": Python(f"{PYTHON}:shuffled"),
    "snorkel": Snorkel(f"{PYTHON}:drop_first_word"),
    "snorkel-global": Snorkel(f"{PYTHON}:random_word"),
}  # fmt: skip
DIFFED = ("python", "snorkel")

PIECES = [
    " ", " ", " ", " ", "  ", "\t", "\n", "\r\n", "\u00a0", "\u2003", ".", ",", "!", "(", ")", '"',
    "film", "good", "Film", "hot", "FWD", "Best Regards", "New", "York", "Acme", "Ltd", "don't",
    "hasn't", "bob@acme.example", "192.168.1.1", "https://x.example/a?b=1", "naïve", "e\u0301",
    "straße", "ΣΑΣ", "İ", "日本語", "שלום", "🙂", "👩\u200d👩\u200d👧",
    "\u200b", "$1,000", "a", "I", "--", "*",
]  # fmt: skip
LANGUAGE = Language()


@st.composite
def examples(draw: st.DrawFn) -> Example:
    text = "".join(draw(st.lists(st.sampled_from(PIECES), max_size=25)))
    tokens = LANGUAGE.tokens([text]).bounds(0)
    spans, low = [], 0
    for _ in range(draw(st.integers(0, 3))):
        if low >= len(tokens):
            break
        first = draw(st.integers(low, len(tokens) - 1))
        last = draw(st.integers(first, min(first + 2, len(tokens) - 1)))
        label = draw(st.sampled_from(["ORG", "PERSON"]))
        spans.append(Span(tokens[first][0], tokens[last][1], label))
        low = last + 1
    columns = {"stars": draw(st.integers(1, 5))}
    return Example("row", text, None, tuple(spans), tuple(tokens), columns)


@pytest.fixture
def rewriter(case: str, bench: Callable[..., Bench], request: pytest.FixtureRequest) -> Rewriter:
    if case in ("nlpaug-synonym", "nlpaug-antonym", "wordnet"):
        request.getfixturevalue("nltk_data")
    return CASES[case].bind(bench())


def global_state() -> list[Any]:
    kind, keys, *rest = np.random.get_state()  # noqa: NPY002 (compared only)
    return [random.getstate(), kind, np.asarray(keys).tolist(), rest]


def test_every_type_and_every_augmenter_of_nlpaug_is_a_case() -> None:
    types = {AUGMENTERS.name_of(type(case)) for case in CASES.values()}
    foreign = {case.augmenter for case in CASES.values() if isinstance(case, Nlpaug)}

    assert types == set(AUGMENTERS)
    assert foreign - {None} == set(AVAILABLE)


@pytest.mark.parametrize("case", CASES)
def test_an_augmenter_fulfils_its_protocol(case: str) -> None:
    augmenter = CASES[case]

    assert isinstance(augmenter, Augmenter)
    assert augmenter.version >= 1


@pytest.mark.parametrize("case", CASES)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(example=examples(), copy=st.integers(0, 3))
def test_edits_fit_keep_the_rest_and_carry_spans(
    case: str, rewriter: Rewriter, example: Example, copy: int
) -> None:
    before = global_state()
    edits = rewriter.rewrite(example, keyed_rng("row", copy))

    assert global_state() == before
    assert edits == checked(edits, example.text)
    assert all(example.text[e.start : e.end] != e.replacement for e in edits)
    text = apply(example.text, edits)
    for span, carried in zip(example.spans, project(example.spans, edits), strict=True):
        touched = any(e.start < span.end and e.end > span.start for e in edits)
        old = example.text[span.start : span.end]
        if not touched:
            touched = any(e.start == e.end and span.start < e.start < span.end for e in edits)
        assert carried is not None or touched
        if carried is not None and not touched:
            assert text[carried.start : carried.end] == old
        if carried is not None and not case.startswith(DIFFED):
            held = text[carried.start : carried.end]
            assert held == held.strip()


@pytest.mark.parametrize("case", CASES)
@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(example=examples())
def test_the_same_row_and_copy_give_the_same_edits(
    case: str, rewriter: Rewriter, example: Example
) -> None:
    first = rewriter.rewrite(example, keyed_rng("row", 0))
    rewriter.rewrite(Example("2", "another text stands between"), keyed_rng("row", 1))
    random.random()  # noqa: S311 (moves the global generator)
    np.random.random()  # noqa: NPY002 (the same)

    assert rewriter.rewrite(example, keyed_rng("row", 0)) == first


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("text", ["", "   \n\t", "!", "🙂 … !!!", "a"])
def test_a_text_with_nothing_to_change_is_no_trouble(
    case: str, text: str, rewriter: Rewriter
) -> None:
    tokens = tuple(LANGUAGE.tokens([text]).bounds(0))

    edits = rewriter.rewrite(Example("1", text, tokens=tokens), keyed_rng(1))

    assert edits == checked(edits, text)
    if not text.strip() and not case.startswith(DIFFED):
        assert edits == ()
