"""What goes wrong in a worker process is told as it would be told without workers."""

from typing import Any

import pytest
from tests.pipeline.conftest import Project

from labelmill.errors import BadColumn, BadParameter, LabelmillError

TWO = ("execution.workers=2", "execution.shard_rows=2")


def told(project: Project, *overrides: str) -> LabelmillError:
    with pytest.raises(LabelmillError) as caught:
        project.run(*overrides)
    return caught.value


@pytest.mark.parametrize(
    ("parts", "kind"),
    [
        (
            {
                "gazetteers": {"stars": {"path": "stars.csv"}},
                "labeling_functions": [{"name": "s", "type": "gazetteer", "gazetteer": "stars"}],
            },
            BadParameter,
        ),
        ({"source": {"path": "input", "id": "id", "text": "text", "gold": "gold"}}, BadColumn),
    ],
    ids=["a list without labels", "gold that is no label"],
)
def test_an_error_in_a_worker_is_the_same_error(
    project: Project, parts: dict[str, Any], kind: type[LabelmillError]
) -> None:
    (project.root / "stars.csv").write_text("term\nPsy\n")
    texts = [f"buy song {i}" for i in range(6)]
    project.write({"id": list(range(6)), "text": texts, "gold": ["eggs"] * 6})
    project.configure(**parts)

    with_two, alone = told(project, *TWO), told(project, "execution.shard_rows=2")

    assert type(with_two) is type(alone) is kind
    assert str(with_two) == str(alone)
    assert vars(with_two) == vars(alone)
