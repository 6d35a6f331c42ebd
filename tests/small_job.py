"""The config of a small job, whose parts a test replaces."""

from pathlib import Path
from typing import Any

from ruamel.yaml import YAML


def write_small_job(path: Path, **parts: Any) -> None:
    """Write the config with some of its top-level keys replaced; None removes one."""
    job: dict[str, Any] = {
        "version": 1,
        "name": "job",
        "task": {"type": "classification", "labels": ["ham", "spam"]},
        "source": {"path": "input", "id": "id", "text": "text"},
        "labeling_functions": [
            {"name": "buy", "type": "keyword", "label": "spam", "any": ["buy"]},
            {"name": "song", "type": "keyword", "label": "ham", "any": ["song"]},
        ],
        "split": {"train": 1.0},
        "output": "out",
        "execution": {"workers": 0},
    }
    job = {key: value for key, value in (job | parts).items() if value is not None}
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        YAML(typ="safe").dump(job, file)
