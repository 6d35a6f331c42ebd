"""spaCy models that a config names: where they are, what they give, and their Docs of a batch."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from labelmill.core.batch import Batch
from labelmill.core.votes import Hits
from labelmill.errors import BadResource, LabelmillError
from labelmill.io.modules import shortened

ENTITY_PIPES = frozenset({"ner", "beam_ner", "entity_ruler", "future_entity_ruler", "span_ruler"})
CATEGORY_PIPES = frozenset({"textcat", "textcat_multilabel"})
OTHER_PIPES = frozenset(
    {
        "attribute_ruler",
        "lemmatizer",
        "morphologizer",
        "parser",
        "sentencizer",
        "senter",
        "spancat",
        "spancat_singlelabel",
        "tagger",
        "tok2vec",
        "trainable_lemmatizer",
        "transformer",
    }
)


@dataclass(frozen=True, slots=True)
class Model:
    """A spaCy model: an installed package, or a folder of the project.

    `load` is what spaCy loads it by, `folder` where its `config.cfg` stands.
    """

    name: str
    load: str
    folder: Path

    @classmethod
    def find(cls, root: Path, name: str) -> "Model":
        """Find a model by its package name, or by its path from the project root.

        Raises:
            BadResource: if there is no such model.
        """
        if is_path(root, name):
            folder = _folder(root, name)
            if not (folder / "meta.json").is_file():
                message = "there is no spaCy model here (no meta.json); save one with nlp.to_disk"
                raise BadResource(name, message)
            return cls(name, str(folder), folder)
        return cls(name, name, _package(name))

    def labels(self, factories: frozenset[str]) -> frozenset[str] | None:
        """Labels that pipes of some kinds give; None where a pipe is of an unknown kind."""
        meta = json.loads((self.folder / "meta.json").read_text(encoding="utf-8"))
        kinds = self._kinds()
        if not set(kinds.values()) <= ENTITY_PIPES | CATEGORY_PIPES | OTHER_PIPES:
            return None
        pipes = [name for name in meta.get("pipeline", ()) if kinds.get(name) in factories]
        labels = meta.get("labels", {})
        return frozenset(label for name in pipes for label in labels.get(name, ()))

    def _kinds(self) -> dict[str, str]:
        from spacy.util import load_config  # noqa: PLC0415 (heavy)

        components = load_config(self.folder / "config.cfg").get("components", {})
        return {name: component.get("factory", "") for name, component in components.items()}


def is_path(root: Path, model: str) -> bool:
    """Whether a model is named by its path from the root, and not as a package."""
    return "/" in model or (root / model / "meta.json").is_file()


def model_files(root: Path, model: str) -> tuple[str, ...]:
    """All files of a model that is named by its path; its path alone if it is not there."""
    if not is_path(root, model):
        return ()
    folder, base = _folder(root, model), root.resolve()
    files = sorted(p.relative_to(base).as_posix() for p in folder.rglob("*") if p.is_file())
    return tuple(files) or (model,)


def model_packages(root: Path, model: str) -> tuple[str, ...]:
    """The package of a model that is named as a package."""
    return () if is_path(root, model) else (model,)


def docs_of(batch: Batch, model: str | None, hits: Hits) -> Iterator[tuple[int, Any]]:
    """Number and spaCy Doc of every text; a text that the model cannot read is noted in `hits`.

    The Docs are shared by all functions that read the batch: copy one before writing to it.
    """
    docs = _together(batch, model)
    if docs is not None:
        yield from enumerate(docs)
        return
    analysis: Any = batch.analysis
    for i, text in enumerate(batch.strings):
        try:
            (doc,) = analysis.docs([text], model)
        except LabelmillError:
            raise
        except Exception as error:  # what a pipe of the model raises
            hits.fail(i, type(error).__name__, shortened(str(error)))
        else:
            yield i, doc


def _together(batch: Batch, model: str | None) -> list[Any] | None:
    """Docs of all texts at once; None where some text stops the model, to find out which."""
    try:
        return batch.docs(model)
    except LabelmillError:
        raise
    except Exception:  # what a pipe of the model raises
        if batch.analysis is None:
            raise
        return None


def _folder(root: Path, name: str) -> Path:
    base = root.resolve()
    folder = (base / name).resolve()
    if not folder.is_relative_to(base):
        raise BadResource(name, "stands outside the project; put the model into it or install it")
    return folder


def _package(name: str) -> Path:
    spec = find_spec(name) if name.isidentifier() else None
    folder = Path(spec.origin).parent if spec and spec.origin else None
    if folder is None or not (folder / "meta.json").is_file():
        message = (
            "no spaCy model of this name is installed; install it with "
            f"`python -m spacy download {name}` or `pip install {name}`, "
            "or give its path from the project root"
        )
        raise BadResource(name, message)
    meta = json.loads((folder / "meta.json").read_text(encoding="utf-8"))
    return folder / f"{meta['lang']}_{meta['name']}-{meta['version']}"
