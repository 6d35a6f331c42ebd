"""The 73 patterns of sms and the 136 phrases of imdb over their texts, against PandasLFApplier.

One core, the same compiled patterns on both sides. snorkel begins with a DataFrame and ends with
its matrix; labelmill begins with Arrow and ends with settled votes. `ratio_unicode` is the same
over a copy in which every text gets words of other scripts. Automata are compiled before and
their time is told apart; nothing else is kept between repeats. Time is that of the processor.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from benchmarks.measure import Claim, Side, corpora, interleaved, options_of, report
from benchmarks.projects import imdb_phrases, sms_rules
from snorkel.labeling import LabelingFunction, PandasLFApplier

from labelmill.core.batch import Batch
from labelmill.core.labels import LabelSpace
from labelmill.core.protocols import Bench
from labelmill.core.settling import settle_documents
from labelmill.core.votes import Votes
from labelmill.functions.keyword import Keyword, KeywordVoter
from labelmill.functions.regex import Regex, RegexVoter
from labelmill.text.scan import Scan

ABSTAIN = -1
REPEATS = 3
OTHER_SCRIPTS = (
    *("Привет", "Москва", "λόγος", "ἀρχή", "东京", "日本語", "한국어", "مرحبا", "שלום"),
    *("हिन्दी", "naïve", "Köln", "çağrı", "Łódź"),
)


@dataclass(frozen=True, slots=True)
class Corpus:
    """Texts, the labeling functions of labelmill, and the same ones for snorkel."""

    name: str
    texts: pa.Array
    voters: list[KeywordVoter | RegexVoter]

    @classmethod
    def of(
        cls, name: str, rules: list[dict[str, Any]], labels: tuple[str, ...], file: Path
    ) -> "Corpus":
        """Read the texts and bind the rules."""
        bench = Bench(name, Path(), LabelSpace(labels), "document")
        voters = [_function(rule).bind(bench) for rule in rules]
        return cls(name, pq.read_table(file)["text"].combine_chunks(), voters)

    def in_other_scripts(self) -> "Corpus":
        """The same, with words of other scripts in every text."""
        rng = np.random.default_rng(7)
        texts = [_mixed(text, rng) for text in self.texts.to_pylist()]
        return Corpus(f"{self.name}_unicode", pa.array(texts), self.voters)

    def first(self, rows: int) -> "Corpus":
        """Some of the texts."""
        return Corpus(self.name, self.texts[:rows], self.voters)

    def scan(self) -> Scan:
        """A scan for all functions, not compiled yet."""
        return Scan((p for voter in self.voters for p in voter.probes()), worthwhile_bytes=0)

    def vote(self, scan: Scan) -> Votes:
        """What labelmill does with a batch."""
        batch = Batch(pa.array(range(len(self.texts))), self.texts, {}, None, scan)
        return Votes.joined(
            settle_documents(voter.vote(batch, {}), number, batch.lengths)
            for number, voter in enumerate(self.voters)
        )

    def snorkel(self) -> tuple[PandasLFApplier, pd.DataFrame]:
        """What snorkel needs to do the same."""
        functions = [
            LabelingFunction(str(number), partial(_search, *_pattern(voter)))
            for number, voter in enumerate(self.voters)
        ]
        return PandasLFApplier(functions), pd.DataFrame({"text": self.texts.to_pylist()})


def _search(pattern: Any, label: int, row: Any) -> int:
    return label if pattern.search(row.text) else ABSTAIN


def _pattern(voter: KeywordVoter | RegexVoter) -> tuple[Any, int]:
    ((rule, label),) = voter.rules
    return getattr(rule, "any_of", rule), label


def _function(rule: dict[str, Any]) -> Keyword | Regex:
    fields = {key: value for key, value in rule.items() if key not in ("name", "type")}
    return (Regex if rule["type"] == "regex" else Keyword)(**fields)


def _mixed(text: str, rng: np.random.Generator) -> str:
    words = text.split(" ")
    for other in rng.choice(OTHER_SCRIPTS, 4):
        words.insert(int(rng.integers(len(words) + 1)), str(other))
    return " ".join(words)


def matrix_of(votes: Votes, shape: tuple[int, int]) -> npt.NDArray[np.int64]:
    """Votes as snorkel writes them."""
    matrix = np.full(shape, ABSTAIN)
    matrix[votes.doc, votes.function] = votes.label
    return matrix


def processor_seconds(side: Side) -> float:
    """How long one call keeps the processor busy."""
    started = process_time()
    side()
    return process_time() - started


def both(corpus: Corpus) -> tuple[float, float, float]:
    """Seconds of labelmill, of snorkel, and of compiling, after a look that the votes are alike."""
    scan = corpus.scan()
    compiling = processor_seconds(lambda: scan.search(corpus.texts[:1]))
    applier, frame = corpus.snorkel()
    shape = (len(corpus.texts), len(corpus.voters))
    votes = matrix_of(corpus.vote(scan), shape)
    matrices: list[npt.NDArray[np.int64]] = []

    def peer() -> None:
        matrices.append(applier.apply(frame, progress_bar=False))

    ours, theirs = interleaved(lambda: corpus.vote(scan), peer, REPEATS, timed=processor_seconds)
    assert all(np.array_equal(votes, matrix) for matrix in matrices), corpus.name
    assert (votes != ABSTAIN).any()
    return ours, theirs, compiling


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure both corpora, as they are and in other scripts."""
    options = options_of(__doc__, arguments)
    data = corpora()
    plain = [
        Corpus.of("sms", sms_rules(data), ("ham", "spam"), data / "sms" / "train.parquet"),
        Corpus.of(
            "imdb", imdb_phrases(data), ("negative", "positive"), data / "imdb" / "dev.parquet"
        ),
    ]
    plain = [corpus.first(100) for corpus in plain] if options.quick else plain
    figures = {c.name: both(c) for base in plain for c in (base, base.in_other_scripts())}
    ours, theirs = (sum(figures[c.name][side] for c in plain) for side in (0, 1))
    ours_unicode, theirs_unicode = (
        sum(figures[f"{c.name}_unicode"][side] for c in plain) for side in (0, 1)
    )
    claim = Claim(
        "scan", ours, theirs, "seconds", theirs / ours,
        ratio_unicode=theirs_unicode / ours_unicode,
        ours_unicode=ours_unicode,
        peer_unicode=theirs_unicode,
        ratios={name: peer / own for name, (own, peer, _) in figures.items()},
        compile_seconds={name: compiling for name, (_, _, compiling) in figures.items()},
        rows={corpus.name: len(corpus.texts) for corpus in plain},
    )  # fmt: skip
    return report(claim, options)


if __name__ == "__main__":
    sys.exit(main())
