"""The `entity_swap` type: another entity of the same label in an entity's place."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from labelmill.core.protocols import SPAN, Bench, Needs, Unit
from labelmill.core.registry import AUGMENTERS
from labelmill.core.spans import Edit, Example
from labelmill.errors import BadParameter, nearest


@AUGMENTERS.add("entity_swap")
@dataclass(frozen=True, slots=True)
class EntitySwap:
    """Put another entity of the same label in an entity's place.

    The others come from a gazetteer, or, where none is named, from the entities of the training
    split; entities of dev and test are never used. An entity never takes its own place, and an
    entity that stands several times in a text is swapped for the same other one each time.
    `only` limits the step to some labels. A label without another entity is left alone.

    Attributes:
        gazetteer: name of the gazetteer to take terms from; those of the label are used.
        rate: chance of each entity to be swapped, above 0 and at most 1.

    Example:
        >>> from labelmill.core.labels import LabelSpace
        >>> from labelmill.core.seeds import keyed_rng
        >>> from labelmill.core.spans import Span
        >>> mentions = {"ORG": ("Acme", "Globex")}
        >>> bench = Bench("swap", Path(), LabelSpace(("ORG",)), "span", mentions=mentions)
        >>> example = Example("1", "Acme rose", spans=(Span(0, 4, "ORG"),))
        >>> EntitySwap().bind(bench).rewrite(example, keyed_rng(1))
        (Edit(start=0, end=4, replacement='Globex'),)
    """

    gazetteer: str | None = None
    rate: float = 1.0

    version: ClassVar[int] = 1
    units: ClassVar[frozenset[Unit]] = SPAN

    def __post_init__(self) -> None:
        if not 0 < self.rate <= 1:
            raise BadParameter("rate", f"must be above 0 and at most 1, found {self.rate}")

    def needs(self, root: Path) -> Needs:  # noqa: ARG002 (the protocol's)
        """The gazetteer, or the entities of the training split."""
        if self.gazetteer is None:
            return Needs(mentions=True)
        return Needs(gazetteers=(self.gazetteer,))

    def bind(self, bench: Bench) -> "EntitySwapRewriter":
        """Collect the entities of each label.

        Raises:
            BadParameter: if the gazetteer is unknown or has no term of these labels.
        """
        labels = bench.only or bench.labels.names
        if self.gazetteer is None:
            pools = {label: Pool.of(bench.mentions.get(label, ())) for label in labels}
            return EntitySwapRewriter(pools, self.rate)
        if self.gazetteer not in bench.gazetteers:
            hint = nearest(self.gazetteer, bench.gazetteers)
            raise BadParameter("gazetteer", f"no gazetteer '{self.gazetteer}'{hint}")
        gazetteer = bench.gazetteers[self.gazetteer]
        pools = {label: Pool.of(gazetteer.terms(label)) for label in labels}
        if not any(pool.entities for pool in pools.values()):
            message = f"'{self.gazetteer}' has no term of {', '.join(labels)}; label its entries"
            raise BadParameter("gazetteer", message)
        return EntitySwapRewriter(pools, self.rate)


@dataclass(frozen=True, slots=True)
class Pool:
    """The distinct entities of one label, and the place of each."""

    entities: tuple[str, ...]
    places: Mapping[str, int]

    @classmethod
    def of(cls, entities: Iterable[str]) -> "Pool":
        """Collect entities in order; blank ones are left out."""
        distinct = tuple(dict.fromkeys(e.strip() for e in entities if e.strip()))
        return cls(distinct, {entity: i for i, entity in enumerate(distinct)})

    def other_than(self, entity: str, rng: np.random.Generator) -> str | None:
        """Any entity but this one, each as likely; None if there is no other."""
        own = self.places.get(entity, len(self.entities))
        n_others = len(self.entities) - (entity in self.places)
        if n_others == 0:
            return None
        i = int(rng.integers(n_others))
        return self.entities[i + (i >= own)]


@dataclass(frozen=True, slots=True)
class EntitySwapRewriter:
    """The entities that may be put in place, by label."""

    pools: Mapping[str, Pool]
    rate: float

    def rewrite(self, example: Example, rng: np.random.Generator) -> tuple[Edit, ...]:
        """Edits that replace entities; of entities that overlap only the first is swapped."""
        chosen: dict[tuple[str, str], str | None] = {}
        edits: list[Edit] = []
        for span in sorted(example.spans):
            surface = example.text[span.start : span.end]
            if (surface, span.label) not in chosen:
                chosen[surface, span.label] = self._other(surface, span.label, rng)
            other = chosen[surface, span.label]
            if other is not None and (not edits or edits[-1].end <= span.start):
                edits.append(Edit(span.start, span.end, other))
        return tuple(edits)

    def _other(self, surface: str, label: str, rng: np.random.Generator) -> str | None:
        if label not in self.pools or rng.random() >= self.rate:
            return None
        return self.pools[label].other_than(surface, rng)
