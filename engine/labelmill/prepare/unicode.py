"""The `unicode` step: one way of writing each character."""

from dataclasses import dataclass
from typing import ClassVar, Literal
from unicodedata import is_normalized, normalize

from labelmill.core.registry import PREPARE_STEPS
from labelmill.core.spans import Edit
from labelmill.text.folding import combining_units


@PREPARE_STEPS.add("unicode")
@dataclass(frozen=True, slots=True)
class Unicode:
    r"""Bring texts into a Unicode normal form.

    Only the characters that change are edited, each together with the marks that belong to it, so
    spans of the source keep their words. NFKC and NFKD also replace what merely looks different:
    ligatures, full-width letters, superscripts.

    Attributes:
        form: NFC (composed), NFD (decomposed), NFKC or NFKD.

    Example:
        >>> Unicode(form="NFC").prepare("cafe\u0301 noir")
        (Edit(start=3, end=5, replacement='é'),)
    """

    form: Literal["NFC", "NFKC", "NFD", "NFKD"] = "NFC"

    version: ClassVar[int] = 1

    def prepare(self, text: str) -> tuple[Edit, ...]:
        """An edit for each unit that is not in the form."""
        if is_normalized(self.form, text):
            return ()
        return tuple(
            Edit(start, end, normal)
            for start, end in combining_units(text)
            if (normal := normalize(self.form, text[start:end])) != text[start:end]
        )
