"""Label models on the votes of real corpora, against published figures."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from tests.aggregate.worlds import Ints

from labelmill.aggregate.dawid_skene import DawidSkene
from labelmill.aggregate.facade import LabelModel
from labelmill.aggregate.majority import Majority
from labelmill.aggregate.skweak_hmm import SkweakHmm
from labelmill.core.labels import LabelSpace
from labelmill.core.patterns import VotePatterns
from labelmill.core.protocols import VoteSpace
from labelmill.core.reliability import Reliability
from labelmill.text.bio import Scheme, decode, tag_names

pytestmark = pytest.mark.slow

Entities = set[tuple[int, int, str]]


def documents(corpora: Path, name: str, split: str) -> tuple[Ints, Ints]:
    """Votes [n_items, n_functions] and gold labels [n_items]."""
    table = pq.read_table(corpora / name / f"{split}.parquet").to_pydict()
    gold = [label if isinstance(label, int) else int(label == "spam") for label in table["label"]]
    return np.array(table["votes"], dtype=np.int64), np.array(gold)


def f1(right: float, found: float, gold: float) -> float:
    return 100 * 2 * right / (found + gold)


def test_majority_vote_on_youtube_is_as_published(corpora: Path) -> None:
    train, _ = documents(corpora, "youtube", "train")
    votes, gold = documents(corpora, "youtube", "test")

    model = LabelModel("majority").fit(train)

    assert (model.predict(votes, tie="random") == gold).mean() == pytest.approx(0.84)
    assert (model.predict(votes, tie="first") == gold).mean() == pytest.approx(0.776)


def test_dawid_skene_on_youtube_is_as_published_and_ours_is_better(corpora: Path) -> None:
    train, _ = documents(corpora, "youtube", "train")
    votes, gold = documents(corpora, "youtube", "test")

    def accuracy(**parameters: Any) -> float:
        model = LabelModel("dawid_skene", **parameters).fit(train)
        return float((model.predict(votes, tie="random") == gold).mean())

    published = accuracy(abstain_as_evidence=True, max_iter=10_000)
    assert published == pytest.approx(0.832, abs=0.005)
    assert accuracy() >= 0.86


@pytest.mark.parametrize("type_name", ["lift", "triplet"])
def test_a_hundred_rows_of_gold_halve_the_calibration_error_or_nearly(
    corpora: Path, type_name: str
) -> None:
    votes, gold = documents(corpora, "youtube", "train")
    covered = (votes >= 0).any(axis=1)

    def error(model: LabelModel) -> float:
        probs = model.predict_proba(votes[covered])
        right = probs.argmax(axis=1) == gold[covered]
        return Reliability.of(probs.max(axis=1), right).error or 0.0

    plain = LabelModel(type_name).fit(votes)
    told = LabelModel(type_name).fit(votes, *documents(corpora, "youtube", "valid"))

    assert error(told) < 0.6 * error(plain)


def test_dawid_skene_does_not_collapse_on_one_sided_votes(corpora: Path) -> None:
    votes, gold = documents(corpora, "sms", "train")
    covered = (votes >= 0).any(axis=1)

    said = LabelModel("dawid_skene").fit(votes).predict(votes, tie="random")[covered]

    spam = gold[covered]
    assert f1(float((said & spam).sum()), float(said.sum()), float(spam.sum())) > 85


def tokens(corpora: Path, name: str, split: str, scheme: Scheme) -> tuple[Any, ...]:
    """Patterns of the tokens by WRENCH's rule, the space of votes, and the gold entities."""
    facts = json.loads((corpora / name / "lfs.json").read_text())
    functions, tags = facts["lfs"], tag_names(facts["labels"], scheme)
    rows: list[tuple[int, int, int]] = []
    lengths: list[int] = []
    gold: list[Entities] = []
    for row in pq.read_table(corpora / name / f"{split}.parquet").to_pylist():
        words = row["tokens"]
        assert row["text"] == " ".join(words)
        ends = np.cumsum([len(word) + 1 for word in words]) - 1
        starts = np.concatenate([[0], ends[:-1] + 1])

        def bounds(span: dict[str, Any], starts: Ints = starts, ends: Ints = ends) -> list[int]:
            first = np.searchsorted(starts, span["start"])
            return [int(first), int(np.searchsorted(ends, span["end"])) + 1]

        base = sum(lengths)
        touched = set()
        for span in row["lf_spans"]:
            first, last = bounds(span)
            for token in range(first, last):
                prefix = "B" if scheme == "BIO" and token == first else "I"
                tag = tags.index(f"{prefix}-{span['label']}")
                rows.append((base + token, functions.index(span["lf"]), tag))
                touched.add(token)
        for token in set(range(len(words))) - touched:
            rows += [(base + token, function, 0) for function in range(len(functions))]
        gold.append({(*bounds(span), span["label"]) for span in row["entities"]})
        lengths.append(len(words))
    item, function, label = np.array(rows).T
    patterns = VotePatterns.of(item, function, label, sum(lengths)).in_sequences(lengths)
    labels = LabelSpace(tags if scheme == "BIO" else ("O", *facts["labels"]))
    prior = np.full(len(labels), 1 / len(labels))
    return patterns, VoteSpace(tuple(functions), labels, prior), gold


def entity_f1(corpora: Path, name: str, scheme: Scheme, model: Any) -> float:
    """F1 over exact bounds and labels, fitted on train and scored on test."""
    train, space, _ = tokens(corpora, name, "train", scheme)
    test, _, gold = tokens(corpora, name, "test", scheme)
    fitted = model.fit(train, space)
    probs = fitted.predict(test)
    best = (probs if fitted.sequential else probs[test.index]).argmax(axis=1)
    names = [f"I-{tag}" if scheme == "IO" and tag != "O" else tag for tag in space.labels.names]
    right = found = 0
    for text, wanted in enumerate(gold):
        rows = slice(test.sequences[text], test.sequences[text + 1])
        entities = set(decode([names[tag] for tag in best[rows]], scheme))
        right += len(entities & wanted)
        found += len(entities)
    return f1(right, found, sum(map(len, gold)))


@pytest.mark.parametrize(
    ("name", "scheme", "expected"),
    [
        ("ner_laptop", "BIO", 73.63),
        ("ner_laptop", "IO", 70.93),
        ("ner_ncbi", "BIO", 53.36),
        ("ner_ncbi", "IO", 53.44),
    ],
)
def test_skweaks_hmm_scores_what_skweak_itself_scores(
    corpora: Path, name: str, scheme: Scheme, expected: float
) -> None:
    assert entity_f1(corpora, name, scheme, SkweakHmm()) == pytest.approx(expected, abs=0.05)


@pytest.mark.parametrize(("name", "expected"), [("ner_laptop", 73.27), ("ner_ncbi", 78.44)])
def test_majority_vote_on_tokens_is_as_published(corpora: Path, name: str, expected: float) -> None:
    assert entity_f1(corpora, name, "IO", Majority()) == pytest.approx(expected, abs=0.05)


@pytest.mark.parametrize(("name", "published"), [("ner_laptop", 72.25), ("ner_ncbi", 77.54)])
def test_dawid_skene_on_tokens_is_as_published(corpora: Path, name: str, published: float) -> None:
    model = DawidSkene(abstain_as_evidence=True, max_iter=10_000)

    assert entity_f1(corpora, name, "BIO", model) == pytest.approx(published, abs=0.1)
