"""Tokens and spaCy Docs of texts in one language."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import pyarrow as pa

from labelmill.core.tokens import Tokens
from labelmill.errors import BadParameter, BadResource
from labelmill.text.chunk_table import ChunkTable
from labelmill.text.chunks import ChunkCuts, ChunkCutter, WholeCutter, can_cut, uncut


@dataclass(frozen=True)
class Language:
    """Reads texts of one language; fulfils `labelmill.core.batch.Analysis`.

    The spaCy tokenizer is called directly, so a text may have any length. White space that spaCy
    makes a token of is none here. spaCy is loaded when it is first needed and its pipelines are
    kept as long as this object is. Texts must not hold lone surrogates.

    Attributes:
        code: a language that spaCy knows (en, de, xx, ...).
        tokenizer: `spacy`, or `whitespace` for text that comes tokenised.

    Example:
        >>> Language().tokens(["Don't go.", ""]).bounds(0)
        [(0, 2), (2, 5), (6, 8), (8, 9)]
        >>> Language(tokenizer="whitespace").tokens(["Don't go."]).bounds(0)
        [(0, 5), (6, 9)]
    """

    code: str = "en"
    tokenizer: Literal["spacy", "whitespace"] = "spacy"
    _pipelines: dict[str | None, Any] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    _cutters: list[ChunkCutter | WholeCutter] = field(
        default_factory=list, init=False, repr=False, compare=False
    )

    def tokens(self, texts: Sequence[str] | pa.Array) -> Tokens:
        """Bounds of the tokens of each text; faster where the texts come from Arrow."""
        strings = texts if isinstance(texts, pa.Array) else pa.array(texts, pa.string())
        if self.tokenizer == "whitespace":
            table = ChunkTable.of(strings)
            return Tokens(table.bounds, table.start, table.start + table.size[table.code])
        return self._cutter().cut(strings)

    def cuts(self, texts: pa.Array) -> ChunkCuts | None:
        """The tokens of each distinct chunk; None where texts are not cut chunk by chunk."""
        if self.tokenizer == "whitespace":
            return uncut(texts)
        cutter = self._cutter()
        return cutter.cut_chunks(texts) if isinstance(cutter, ChunkCutter) else None

    def docs(self, texts: list[str], model: str | None) -> list[Any]:
        """A spaCy Doc for each text; `model` None gives tokens and nothing else.

        Raises:
            BadResource: if the model is not installed.
        """
        nlp = self._pipeline(model)
        if self.tokenizer == "whitespace":
            docs = [_chunked(nlp.vocab, text) for text in texts]
        else:
            docs = [nlp.tokenizer(text) for text in texts]
        return docs if model is None else list(nlp.pipe(docs))

    def vocab(self, model: str | None = None) -> Any:
        """The spaCy vocabulary that the Docs of a model share."""
        return self._pipeline(model).vocab

    def _cutter(self) -> ChunkCutter | WholeCutter:
        if not self._cutters:
            tokenizer = self._pipeline(None).tokenizer
            self._cutters.append(
                ChunkCutter(tokenizer) if can_cut(tokenizer) else WholeCutter(tokenizer)
            )
        return self._cutters[0]

    def _pipeline(self, model: str | None) -> Any:
        if model not in self._pipelines:
            self._pipelines[model] = _blank(self.code) if model is None else _load(model)
        return self._pipelines[model]


def _chunked(vocab: Any, text: str) -> Any:
    from spacy.tokens import Doc  # noqa: PLC0415 (heavy)
    from spacy.util import get_words_and_spaces  # noqa: PLC0415 (heavy)

    words, spaces = get_words_and_spaces(text.split(), text)
    return Doc(vocab, words=words, spaces=spaces)


def _blank(code: str) -> Any:
    import spacy  # noqa: PLC0415 (heavy)

    try:
        return spacy.blank(code)
    except ImportError as error:
        message = f"spaCy cannot make a tokenizer for the language '{code}': {error}"
        raise BadParameter("language", message) from error


def _load(model: str) -> Any:
    import spacy  # noqa: PLC0415 (heavy)

    try:
        return spacy.load(model)
    except OSError as error:
        message = (
            "this spaCy model cannot be loaded; install it with "
            f"`python -m spacy download {model}` or `pip install {model}` ({error})"
        )
        raise BadResource(model, message) from error
