"""The `gazetteer` type: terms of a list that stand in a text."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from labelmill.core.batch import Batch
from labelmill.core.labels import Target
from labelmill.core.mentions import Gazetteer as Terms
from labelmill.core.protocols import BOTH, Bench, Needs, Unit
from labelmill.core.registry import FUNCTIONS
from labelmill.core.votes import Hits, Votes
from labelmill.errors import BadParameter, nearest
from labelmill.text.words import one_or_many


@FUNCTIONS.add("gazetteer")
@dataclass(frozen=True, slots=True)
class Gazetteer:
    """Vote where terms of a gazetteer stand in a text.

    Terms are found on token bounds, the longest first, from the left and without overlap; how
    case is read stands at the gazetteer. `label` here wins over the label of a term, and that
    over the label of the list. The id of a term is kept with the vote. With several lists each is
    searched by itself; in ner the longest of overlapping mentions stands, in document tasks every
    mention counts.

    Attributes:
        gazetteer: name of a gazetteer of the job, or a list of names.
        label: what every mention votes for; left out, each votes for its own label.

    Example:
        >>> Gazetteer(gazetteer="companies", label="ORG").needs(Path(".")).gazetteers
        ('companies',)
    """

    gazetteer: str | tuple[str, ...]
    label: Target | None = None

    version: ClassVar[int] = 1
    units: ClassVar[frozenset[Unit]] = BOTH

    def __post_init__(self) -> None:
        if not one_or_many(self.gazetteer):
            raise BadParameter("gazetteer", "name at least one gazetteer")

    def targets(self) -> tuple[Target, ...]:
        """The label, if one is given; else the terms say."""
        return () if self.label is None else (self.label,)

    def needs(self, root: Path) -> Needs:  # noqa: ARG002 (the protocol's)
        """The gazetteers."""
        return Needs(gazetteers=one_or_many(self.gazetteer))

    def bind(self, bench: Bench) -> "GazetteerVoter":
        """Find out what each term votes for.

        Raises:
            BadParameter: if a gazetteer is unknown, or has a term with no label or a label that
                the task does not have, and no `label` is given.
        """
        lists = []
        for name in one_or_many(self.gazetteer):
            if name not in bench.gazetteers:
                hint = nearest(name, bench.gazetteers)
                raise BadParameter("gazetteer", f"no gazetteer '{name}'{hint}", code="reference")
            terms = bench.gazetteers[name]
            lists.append((terms, self._labels(name, terms, bench)))
        return GazetteerVoter(tuple(lists))

    def _labels(self, name: str, terms: Terms, bench: Bench) -> dict[str | None, int]:
        if self.label is not None:
            return dict.fromkeys(terms.labels, bench.labels.index(self.label))
        for label in terms.labels:
            if label is None:
                message = f"'{name}' has terms without a label; give `label` here or at the list"
                raise BadParameter("gazetteer", message, code="label")
            if label not in bench.labels.names:
                hint = nearest(label, bench.labels.names)
                message = f"'{name}' has terms labeled '{label}', which is no label here{hint}"
                raise BadParameter("gazetteer", message, code="label")
        return {label: bench.labels.index(label) for label in terms.labels if label is not None}


@dataclass(frozen=True, slots=True)
class GazetteerVoter:
    """Compiled lists, each with the label set that each of its labels votes for."""

    lists: tuple[tuple[Terms, Mapping[str | None, int]], ...]

    def vote(self, batch: Batch, earlier: Mapping[str, Votes]) -> Hits:  # noqa: ARG002
        """Look for the terms in all texts."""
        hits = Hits()
        for terms, labels in self.lists:
            found = terms.find_all(batch)
            of_list = np.array([labels[label] for label in terms.labels], dtype=np.int32)
            label = of_list[found.label] if len(of_list) else found.label
            hits.add_all(found.doc, found.start, found.end, label, found.entry)
        return hits
