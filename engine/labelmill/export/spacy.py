"""The `spacy` export: DocBin files that `spacy train` reads."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import count, islice
from typing import Any, ClassVar, Literal

import pyarrow as pa

from labelmill.core.protocols import BOTH, ExportCount, ExportSetting, Folder, Unit
from labelmill.core.registry import EXPORTERS
from labelmill.errors import BadParameter
from labelmill.export.rows import cut, plain, rows
from labelmill.export.tagging import NO_TOKENS, OFF_BOUNDS, spans_of

_DOCS_AT_ONCE = 1_000
_NOTED = ("id", "weight", "origin", "made_by")


@EXPORTERS.add("spacy")
@dataclass(frozen=True, slots=True)
class Spacy:
    """Write spaCy DocBin files for `spacy train`.

    Files are `data-00000.spacy` and so on; give `spacy train` the folder. A split without rows has
    no files. In ner the entities stand in `doc.ents`, and all other tokens are known to be outside.
    In document tasks every label stands in `doc.cats`; where a text can have several labels, train
    `textcat_multilabel` on them, since `textcat` takes one of each text. `doc.user_data` keeps
    `id`, `weight`, `origin` and `made_by`.

    Left out and counted: texts without tokens, entities that begin or end inside a token, and, with
    `cats: hard`, rows without a label.

    Attributes:
        cats: `hard` (1 for the label, 0 for the others) or `soft` (the probabilities). spaCy's own
            `textcat` and `textcat_multilabel` train on hard ones only and refuse the others.
        user_data: keep `id`, `weight`, `origin` and `made_by`. spaCy reads files without them
            faster.
        rows_per_file: begin a new file after this many rows.

    Example:
        >>> Spacy().scores({"label": "spam", "probs": [0.25, 0.75]}, ("ham", "spam"))
        {'ham': 0.0, 'spam': 1.0}
        >>> Spacy(cats="soft").scores({"label": "spam", "probs": [0.25, 0.75]}, ("ham", "spam"))
        {'ham': 0.25, 'spam': 0.75}
    """

    cats: Literal["hard", "soft"] = "hard"
    user_data: bool = True
    rows_per_file: int = 10_000

    version: ClassVar[int] = 1
    units: ClassVar[frozenset[Unit]] = BOTH

    def __post_init__(self) -> None:
        if self.rows_per_file < 1:
            raise BadParameter("rows_per_file", f"{self.rows_per_file} is less than 1")

    def write(
        self, batches: Iterable[pa.RecordBatch], setting: ExportSetting, folder: Folder
    ) -> ExportCount:
        """Write the rows of a split that spaCy can learn from."""
        left_out = Counter[str]()
        docs = self._docs(batches, setting, left_out)
        attrs = ("ENT_IOB", "ENT_TYPE") if setting.unit == "span" else ()
        written = 0
        for number in count():
            store = self._stored(islice(docs, self.rows_per_file), attrs)
            if not len(store):
                break
            with folder.file(f"data-{number:05d}.spacy") as file:
                file.write(store.to_bytes())
            written += len(store)
        return ExportCount(written, dict(sorted(left_out.items())))

    def scores(self, row: dict[str, Any], labels: tuple[str, ...]) -> dict[str, float]:
        """The `cats` of one row."""
        if self.cats == "soft":
            return dict(zip(labels, row["probs"], strict=True))
        given = row["labels"] if "labels" in row else [row["label"]]
        return {label: float(label in given) for label in labels}

    def _stored(self, docs: Iterable[Any], attrs: tuple[str, ...]) -> Any:
        """A DocBin of some docs. It would look for plugins of msgpack at every doc; here once."""
        from spacy.tokens import DocBin  # noqa: PLC0415 (heavy)
        from srsly.msgpack import Packer  # type: ignore[import-untyped] # noqa: PLC0415

        store = DocBin(attrs=attrs, store_user_data=False)
        packer = Packer(use_bin_type=True)
        for doc in docs:
            store.add(doc)
            if self.user_data:
                store.user_data.append(packer.pack(doc.user_data))
        store.store_user_data = self.user_data
        return store

    def _docs(
        self,
        batches: Iterable[pa.RecordBatch],
        setting: ExportSetting,
        left_out: Counter[str],
    ) -> Iterator[Any]:
        for batch in cut(batches, _DOCS_AT_ONCE):
            docs = setting.analysis.docs(batch.column("text").to_pylist(), None)
            for doc, row in zip(docs, rows([batch]), strict=True):
                reason = self._mark(doc, row, setting)
                if reason is None:
                    noted = {name: plain(row[name]) for name in _NOTED}
                    doc.user_data.update(noted)
                    yield doc
                else:
                    left_out[reason] += 1

    def _mark(self, doc: Any, row: dict[str, Any], setting: ExportSetting) -> str | None:
        if all(token.is_space for token in doc):
            return NO_TOKENS
        if setting.unit == "span":
            return _mark_entities(doc, row)
        given = row["labels"] if setting.multi_label else row["label"]
        if self.cats == "hard" and given is None:
            return "no label"
        doc.cats = self.scores(row, setting.labels)
        return None


def _mark_entities(doc: Any, row: dict[str, Any]) -> str | None:
    spans = [doc.char_span(s.start, s.end, s.label, alignment_mode="strict") for s in spans_of(row)]
    if any(span is None for span in spans):
        return OFF_BOUNDS
    doc.ents = spans
    return None
