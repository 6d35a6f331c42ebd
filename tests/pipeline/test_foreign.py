"""Which jobs carry out code that is not labelmill's own."""

from typing import Any

import pytest
from tests.pipeline.conftest import Project

from labelmill.pipeline.foreign import runs_foreign_code

CODE = "def rule(row):\n    return None\n"


def test_words_and_patterns_are_labelmills_own(project: Project) -> None:
    project.configure()

    assert not runs_foreign_code(project.job())


@pytest.mark.parametrize(
    "function",
    [
        {"name": "rule", "type": "python", "function": "labeling_functions/rules.py:rule"},
        {"name": "mood", "type": "lexicon", "lexicon": "vader", "labels": {"ham": "> 0.5"}},
    ],
)
def test_code_of_the_project_and_models_of_packages_are_foreign(
    project: Project, function: dict[str, Any]
) -> None:
    rules = project.root / "labeling_functions" / "rules.py"
    rules.parent.mkdir()
    rules.write_text(CODE)
    project.configure(labeling_functions=[function])

    assert runs_foreign_code(project.job())
