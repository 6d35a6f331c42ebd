"""554,000 places and companies looked up in news texts, against spaCy's tokenizer with skweak.

Both sides begin with texts and end with spans on spaCy's tokens; case counts. Ours begins with
Arrow and works shard by shard, as a job does. The texts are those of agnews, 12,000 as they are
(`ratio_small`; tokenizers that have seen nothing yet, on both sides) and 500,000 with a new name
and number in each, of which the peer gets a sample once it is warm. skweak asks for more of a
name than that it stands there (that it looks like a proper name, say), so the spans are held
against the plain way to look terms up, on tokens from spaCy itself.
"""

import gc
import gzip
import json
import re
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import pyarrow as pa
import spacy
from benchmarks.measure import Claim, corpora, interleaved, options_of, own_seconds, report
from benchmarks.news import base_texts, noisy_blocks
from skweak.gazetteers import GazetteerAnnotator, Trie

from labelmill.core.batch import Batch
from labelmill.io.gazetteers import load_gazetteer
from labelmill.text.chunks import bounds_of
from labelmill.text.gazetteer import CompiledGazetteer
from labelmill.text.language import Language

ROWS = 500_000
SHARD_ROWS = 20_000
"""Rows that are worked on together, as in a job at its defaults."""
PEER_ROWS = 20_000
CHECKED_ROWS = 5_000

Names = dict[str, list[Any]]
Spans = list[tuple[int, int, int, str | None]]


def names_of(folder: Path) -> Names:
    """Places and companies, by label."""
    places = json.loads((folder / "geonames.json").read_text("utf-8"))
    with gzip.open(folder / "crunchbase_companies.json.gz", "rt", encoding="utf-8") as file:
        return {**places, **json.load(file)}


def tries_of(names: Names) -> dict[str, Trie]:
    """The names as skweak wants them, cut as it cuts them."""
    tokenizer = spacy.blank("en").tokenizer
    plain = re.compile(r"[A-Z]\.$")

    def tokens_of(name: str | list[str]) -> list[str]:
        parts = name.split(" ") if isinstance(name, str) else name
        if all(part.isalpha() or part.isnumeric() or plain.match(part) for part in parts):
            return parts
        return [token.text for token in tokenizer(name)] if isinstance(name, str) else name

    return {label: Trie([tokens_of(name) for name in of]) for label, of in names.items()}


def our_seconds(gazetteer: CompiledGazetteer, shards: Sequence[pa.Array]) -> float:
    """Look the names up in all shards with a tokenizer that has seen no text."""
    language = Language()
    language.tokens(["Load it."])
    gc.collect()
    started = process_time()
    for shard in shards:
        gazetteer.find_all(Batch(shard, shard, analysis=language))
    return process_time() - started


def peer_seconds(tries: dict[str, Trie], texts: Sequence[str], seen: Sequence[str] = ()) -> float:
    """The same with spaCy and skweak, once they have seen some texts."""
    nlp = spacy.blank("en")
    annotator = GazetteerAnnotator("names", tries)

    def annotate(some: Iterable[str]) -> None:
        for doc in annotator.pipe(nlp.pipe(some)):
            list(doc.spans["names"])

    annotate([*seen, "Load it."])
    gc.collect()
    started = process_time()
    annotate(texts)
    return process_time() - started


def check(gazetteer: CompiledGazetteer, texts: Sequence[str]) -> int:
    """See that the spans are those of the plain way, and say how many there are."""
    array = pa.array(texts, pa.string())
    found = gazetteer.find_all(Batch(array, array, analysis=Language()))
    labels = [gazetteer.labels[code] for code in found.label.tolist()]
    columns = (found.doc.tolist(), found.start.tolist(), found.end.tolist(), labels)
    ours = list(zip(*columns, strict=True))
    tokenizer = spacy.blank("en").tokenizer
    plain = [
        (doc, mention.start, mention.end, mention.label)
        for doc, text in enumerate(texts)
        for mention in gazetteer.find(text, bounds_of(tokenizer(text)))
    ]
    if ours != plain:
        message = f"the spans differ, first in {sorted(set(ours) ^ set(plain))[:1]}"
        raise AssertionError(message)
    return len(ours)


def loaded(path: Path, cache: Path) -> tuple[CompiledGazetteer, float]:
    """The gazetteer, and the seconds that it takes to have it."""
    gc.collect()
    started = perf_counter()
    gazetteer = load_gazetteer(path, cache=cache)
    return gazetteer, perf_counter() - started


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and report."""
    options = options_of(__doc__, arguments)
    quick = options.quick
    folder = corpora()
    names = names_of(folder / "gazetteers")
    if quick:
        names = {label: of[:20_000] for label, of in names.items()}
    with tempfile.TemporaryDirectory() as place:
        path, cache = Path(place) / "names.json", Path(place) / "cache"
        path.write_text(json.dumps(names), "utf-8")
        _, cold = loaded(path, cache)
        gazetteer, warm = loaded(path, cache)
        size = sum(file.stat().st_size for file in cache.iterdir())
        started = perf_counter()
        tries = tries_of(names)
        peer_load = perf_counter() - started
        gc.freeze()
        return _compared(
            gazetteer,
            tries,
            base_texts(folder),
            options,
            {
                "terms": sum(map(len, names.values())),
                "build_seconds": cold,
                "load_seconds": warm,
                "file_megabytes": size / 1e6,
                "peer_load_seconds": peer_load,
            },
        )


def _compared(
    gazetteer: CompiledGazetteer,
    tries: dict[str, Trie],
    base: list[str],
    options: Any,
    more: dict[str, Any],
) -> int:
    quick = options.quick
    n_rows, sample = (4_000, 400) if quick else (ROWS, PEER_ROWS)
    base = base[:400] if quick else base
    noisy = [text for block in noisy_blocks(base, n_rows) for text in block]
    seen, timed = noisy[:sample], noisy[n_rows // 2 : n_rows // 2 + sample]
    spans = check(gazetteer, base)
    step = max(1, n_rows // CHECKED_ROWS)
    check(gazetteer, noisy[::step])
    small = [pa.array(base, pa.string())]
    large = [
        pa.array(noisy[start : start + SHARD_ROWS], pa.string())
        for start in range(0, n_rows, SHARD_ROWS)
    ]
    ours_small, peer_small = interleaved(
        lambda: our_seconds(gazetteer, small),
        lambda: peer_seconds(tries, base),
        repeats=1 if quick else 5,
        timed=own_seconds,
    )
    ours, peer = interleaved(
        lambda: our_seconds(gazetteer, large),
        lambda: peer_seconds(tries, timed, seen),
        repeats=1 if quick else 3,
        timed=own_seconds,
    )
    peer *= n_rows / sample
    claim = Claim(
        "gazetteer",
        ours,
        peer,
        "seconds of one core",
        peer / ours,
        ratio_small=peer_small / ours_small,
        ours_small=ours_small,
        peer_small=peer_small,
        rows=n_rows,
        rows_small=len(base),
        texts_a_second={"ours": n_rows / ours, "peer": n_rows / peer},
        spans_small=spans,
        scaled=True,
        peer_rows=sample,
        **more,
    )
    return report(claim, options)


if __name__ == "__main__":
    sys.exit(main())
