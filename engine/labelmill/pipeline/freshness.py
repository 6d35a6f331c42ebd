"""Whether what is live is what a run would make now."""

from collections.abc import Mapping
from typing import Any


def differences(manifest: Mapping[str, Any], now: Mapping[str, str]) -> list[str]:
    """The fingerprints (`input`, `plan` and so on) that are no longer those of a snapshot.

    Example:
        >>> manifest = {"fingerprints": {"input": "a", "plan": "b", "model": "c"}}
        >>> differences(manifest, {"input": "a", "plan": "d"})
        ['plan']
    """
    known = manifest["fingerprints"]
    return [name for name, value in now.items() if known.get(name) != value]
