"""skweak's HMM, compared with skweak itself on the same texts and spans."""

import contextlib
import io
import logging
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pytest
import spacy
from tests.aggregate.worlds import Floats, patterns_of, space_of

from labelmill.aggregate.skweak_hmm import SkweakHmm
from labelmill.core.labels import LabelSpace, OneOf
from labelmill.core.patterns import VotePatterns
from labelmill.core.protocols import VoteSpace
from labelmill.errors import BadParameter, UsageError

FUNCTIONS = ("names", "names_cased", "rules", "words")
TYPES = ("ORG", "PER")
Found = list[tuple[str, int, int, str]]
"""Spans of one text: function, first token, token after the last, label."""


def texts(n_texts: int = 60, seed: int = 0) -> list[tuple[int, Found]]:
    """Lengths of some texts and what four functions find in them."""
    rng = np.random.default_rng(seed)
    made = []
    for _ in range(n_texts):
        length = int(rng.integers(1, 20))
        found: Found = []
        for first in range(0, length - 2, 4):
            label = TYPES[rng.integers(2)]
            for function in FUNCTIONS:
                if rng.random() < 0.4:
                    said = label if rng.random() < 0.8 else TYPES[rng.integers(2)]
                    last = first + int(rng.integers(1, 4))
                    found.append((function, first, min(last, length), said))
        made.append((length, found))
    return made


def space(scheme: str) -> VoteSpace:
    tags = [f"{prefix}-{name}" for name in TYPES for prefix in "BI"]
    labels = LabelSpace(("O", *(tags if scheme == "BIO" else TYPES)))
    return VoteSpace(FUNCTIONS, labels, np.full(len(labels), 1 / len(labels)))


def patterns(corpus: Sequence[tuple[int, Found]], told: VoteSpace) -> VotePatterns:
    """As the ner task makes them: "O" of all functions on tokens that none touches."""
    item, function, label = [], [], []
    base = 0
    for length, found in corpus:
        touched = set()
        for name, first, last, said in found:
            for token in range(first, last):
                tag = said if said in told.labels.names else f"{'BI'[token > first]}-{said}"
                item.append(base + token)
                function.append(FUNCTIONS.index(name))
                label.append(told.labels.names.index(tag))
                touched.add(token)
        for token in set(range(length)) - touched:
            item += [base + token] * len(FUNCTIONS)
            function += range(len(FUNCTIONS))
            label += [0] * len(FUNCTIONS)
        base += length
    found_patterns = VotePatterns.of(np.array(item), np.array(function), np.array(label), base)
    return found_patterns.in_sequences([length for length, _ in corpus])


@contextlib.contextmanager
def muffled() -> Iterator[None]:
    logging.getLogger("hmmlearn.base").setLevel(logging.ERROR)
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        yield


def docs(corpus: Sequence[tuple[int, Found]]) -> list[Any]:
    nlp = spacy.blank("en")
    made = []
    for length, found in corpus:
        doc = spacy.tokens.Doc(nlp.vocab, words=[f"w{i}" for i in range(length)])
        for function in FUNCTIONS:
            spans = [
                spacy.tokens.Span(doc, first, last, label=said)
                for name, first, last, said in found
                if name == function
            ]
            if spans:
                doc.spans[function] = spans
        made.append(doc)
    return made


def skweak_probs(train: list[Any], test: list[Any], scheme: str, **options: Any) -> list[Floats]:
    """What skweak's own HMM says of each text; "O" where it says nothing."""
    import skweak  # noqa: PLC0415 (prints and changes the warning filters)

    weights = options.pop("initial_weights", None)
    factor = options.pop("redundancy_factor", 0.1)
    hmm = skweak.generative.HMM(
        "hmm", list(TYPES), prefixes=scheme, initial_weights=weights, redundancy_factor=factor
    )
    with muffled():
        hmm.fit(train, **options)
    answers = []
    for doc in test:
        seen = hmm.get_observation_df(doc)
        answer = np.zeros((len(doc), len(hmm.out_labels)))
        answer[:, 0] = 1.0
        if len(seen.columns):
            answer = hmm.aggregate(seen).to_numpy()
        answers.append(answer)
    return answers


@pytest.mark.parametrize("scheme", ["IO", "BIO"])
@pytest.mark.parametrize("n_iter", [1, 4])
def test_the_same_spans_give_what_skweak_gives(scheme: str, n_iter: int) -> None:
    train, test = texts(seed=1), texts(30, seed=2)
    told = space(scheme)

    fitted = SkweakHmm(n_iter=n_iter).fit(patterns(train, told), told)
    ours = fitted.predict(patterns(test, told))

    theirs = np.vstack(skweak_probs(docs(train), docs(test), scheme, n_iter=n_iter))
    np.testing.assert_allclose(ours, theirs, atol=1e-9)


def test_weights_and_redundancy_are_those_of_skweak() -> None:
    train = texts(seed=3)
    told = space("BIO")
    weights = {"rules": 0.0, "words": 2.0}

    fitted = SkweakHmm(weights=weights, redundancy_factor=0.5).fit(patterns(train, told), told)
    ours = fitted.predict(patterns(train, told))

    theirs = skweak_probs(
        docs(train), docs(train), "BIO", initial_weights=weights, redundancy_factor=0.5
    )
    np.testing.assert_allclose(ours, np.vstack(theirs), atol=1e-9)


def test_a_text_in_which_nothing_was_found_is_outside() -> None:
    told = space("IO")
    train = texts()

    fitted = SkweakHmm().fit(patterns(train, told), told)

    assert fitted.predict(patterns([(3, [])], told)).tolist() == [[1.0, 0.0, 0.0]] * 3


def test_an_inside_tag_that_begins_a_span_is_a_begin_tag() -> None:
    told = space("BIO")
    train = patterns(texts(), told)
    b_org, i_org = told.labels.names.index("B-ORG"), told.labels.names.index("I-ORG")

    fitted = SkweakHmm().fit(train, told)
    wrong, right = (
        fitted.predict(
            VotePatterns.of(
                np.array([1, 2]), np.array([0, 0]), np.array([begin, i_org]), 4
            ).in_sequences([1, 3])
        )
        for begin in (i_org, b_org)
    )

    assert (wrong == right).all()


def test_only_vague_votes_on_a_token_do_not_break_a_run() -> None:
    labels = space("IO").labels.including([OneOf(("ORG", "PER"))])
    told = VoteSpace(("names", "words"), labels, np.full(3, 1 / 3))
    votes = np.array([[3, -1], [3, -1], [0, 0], [1, -1], [1, 1], [0, 0]] * 10)
    tokens = patterns_of(votes).in_sequences([6] * 10)

    probs = SkweakHmm().fit(tokens, told).predict(tokens)

    np.testing.assert_allclose(probs.sum(axis=1), 1, atol=1e-12)
    assert probs[0, 0] < 0.01


def test_documents_are_refused() -> None:
    with pytest.raises(BadParameter, match="works in ner tasks only"):
        SkweakHmm().fit(patterns_of(np.zeros((2, 3), int)).in_sequences([2]), space_of(2, 3))


def test_tokens_without_their_order_are_refused() -> None:
    with pytest.raises(UsageError, match="reads tokens in their order"):
        SkweakHmm().fit(patterns_of(np.zeros((2, 4), int)), space("IO"))


def test_an_unknown_function_is_refused_with_the_nearest_name() -> None:
    told = space("IO")
    with pytest.raises(BadParameter, match=r"weights\.rule: .*did you mean 'rules'"):
        SkweakHmm(weights={"rule": 0.0}).fit(patterns(texts(3), told), told)


@pytest.mark.parametrize(
    ("field", "value"), [("n_iter", 0), ("tol", -1.0), ("redundancy_factor", -0.1)]
)
def test_a_parameter_out_of_range_is_refused(field: str, value: float) -> None:
    with pytest.raises(BadParameter, match=f"^{field}: "):
        SkweakHmm(**{field: value})  # type: ignore[arg-type]
