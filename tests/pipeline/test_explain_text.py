"""Explaining single rows of jobs that read the texts after the votes."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from tests.pipeline.conftest import Project
from tests.pipeline.test_refining import configure
from tests.pipeline.test_refining_spans import SHORT
from tests.pipeline.test_refining_spans import TEXTS as NER_TEXTS
from tests.pipeline.test_refining_spans import configure as configure_ner
from tests.refine.conftest import made

import labelmill
from labelmill.core.digests import canonical_json
from labelmill.pipeline.explain_text import POWERS
from labelmill.pipeline.explanation import Explanation
from labelmill.report.explained import explained_view


def write(project: Project) -> None:
    world = made(n_rows=300)
    ids = [f"r{i:03}" for i in range(300)]
    project.write({"id": ids, "text": world.texts})
    configure(project)


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, list[dict[str, Any]]]:
    """A job that was run, and its labels table."""
    project = Project(tmp_path_factory.mktemp("published"))
    write(project)
    run = project.run()
    return project, run.labels.to_arrow().to_pylist()


def explained(project: Project, ids: list[str]) -> list[Explanation]:
    return labelmill.explain(project.config, ids)


def by_rest(rows: list[dict[str, Any]], rests_on: str | None, most: int = 8) -> list[str]:
    return [row["id"] for row in rows if row["rests_on"] == rests_on][:most]


def told(row: Explanation) -> str:
    return "\n".join(str(line) for line in explained_view([row], ("ham", "spam"), 100))


def both(found: Explanation) -> Iterator[tuple[float, float, float]]:
    """Votes, text and the answer, for each label."""
    (decision,) = found.decisions
    steps = {belief.step: belief.probs for belief in decision.beliefs}
    for label in ("ham", "spam"):
        yield steps["votes"][label], steps["text"][label], steps["votes+text"][label]


def test_an_explained_row_has_what_is_published(
    published: tuple[Project, list[dict[str, Any]]],
) -> None:
    project, rows = published
    wanted = {row["id"]: row for row in rows}
    ids = [id_ for rests in ("votes+text", "text", None) for id_ in by_rest(rows, rests)]
    assert {wanted[id_]["rests_on"] for id_ in ids} == {"votes+text", "text", None}

    for row in explained(project, ids):
        here = wanted[row.id]
        assert row.text_read is not None
        assert (row.text_read.used, row.text_read.origin) == (True, "snapshot")
        assert row.text_read.rests_on == here["rests_on"]
        assert list(row.text_read.probs.values()) == pytest.approx(here["text_probs"], abs=1e-6)
        assert list(row.probs.values()) == pytest.approx(here["probs"], abs=1e-6)
        assert (row.status, row.label) == (here["status"], here["label"])


def test_the_answer_is_the_product_of_the_powers(
    published: tuple[Project, list[dict[str, Any]]],
) -> None:
    project, rows = published

    for row in explained(project, by_rest(rows, "votes+text")):
        assert row.text_read is not None
        assert row.text_read.powers == POWERS
        votes, text, answer = np.array(list(both(row))).T
        product = votes ** POWERS["votes"] * text ** POWERS["text"]
        assert answer == pytest.approx(product / product.sum(), abs=1e-9)
        assert "the answer is votes^0.33 x text^1.67\n" in told(row)
        assert "Prior  Votes   Text  Votes+text" in told(row)


def test_a_vote_counts_by_what_the_refined_answer_loses(
    published: tuple[Project, list[dict[str, Any]]],
) -> None:
    project, rows = published
    alone = [row["id"] for row in rows if row["rests_on"] and len(row["votes"]) == 1]

    for row in explained(project, alone[:8]):
        (vote,), (decision,) = row.votes, row.decisions
        assert row.text_read is not None
        text = row.text_read.probs
        heard = max(text.values()) >= (row.text_read.least or 0)
        wanted = text if heard else decision.beliefs[0].probs
        assert vote.without == pytest.approx(wanted[decision.label])


def test_a_text_that_speaks_alone_is_explained_without_votes(
    published: tuple[Project, list[dict[str, Any]]],
) -> None:
    project, rows = published

    for row in explained(project, by_rest(rows, "text")):
        (decision,) = row.decisions
        assert [belief.step for belief in decision.beliefs] == ["prior", "votes", "text"]
        assert decision.beliefs[-1].probs == row.probs
        assert row.text_read is not None
        assert max(row.probs.values()) >= (row.text_read.least or 1)
        assert "there are no votes, so it speaks alone (from" in told(row)


def test_a_text_that_is_not_sure_says_what_is_asked_for(
    published: tuple[Project, list[dict[str, Any]]],
) -> None:
    project, rows = published

    for row in explained(project, by_rest(rows, None)):
        assert (row.status, row.decisions) == ("uncovered", ())
        assert row.text_read is not None
        assert max(row.text_read.probs.values()) < (row.text_read.least or 0)
        assert "without votes it is not sure enough to be heard (" in told(row)


def test_everything_is_plain_data(published: tuple[Project, list[dict[str, Any]]]) -> None:
    project, rows = published
    (row,) = explained(project, by_rest(rows, "votes+text", 1))
    assert '"powers":{"text":1.6' in canonical_json(asdict(row)).replace(" ", "")


@pytest.mark.parametrize("group", ["id", "near_duplicates"])
def test_a_row_is_read_by_the_model_of_its_fold_whatever_keeps_rows_together(
    project: Project, group: str
) -> None:
    world = made(n_rows=120)
    texts = [*world.texts, *(f"{text} indeed" for text in world.texts[:40])]
    ids = [f"r{i:03}" for i in np.random.default_rng(3).permutation(len(texts)).tolist()]
    project.write({"id": ids, "text": texts})
    configure(project, split={"train": 1.0, "group": group})
    rows = project.run().labels.to_arrow().to_pylist()
    wanted = {row["id"]: row["text_probs"] for row in rows[-10:]}

    for row in explained(project, list(wanted)):
        assert row.text_read is not None
        assert list(row.text_read.probs.values()) == pytest.approx(wanted[row.id], abs=1e-6)


def test_without_a_snapshot_texts_are_learned_from_the_first_rows(project: Project) -> None:
    write(project)

    (row,) = explained(project, ["r000"])

    assert row.text_read is not None
    assert row.text_read.origin == "sample"
    end = "learned from the first 300 rows alone (nothing is published)"
    assert row.text_read.words.endswith(end)


def test_a_snapshot_with_another_refine_is_not_used(
    published: tuple[Project, list[dict[str, Any]]],
) -> None:
    project, _ = published

    (row,) = labelmill.explain(project.config, ["r001"], overrides=["refine={folds: 3}"])

    assert row.text_read is not None
    assert row.text_read.origin == "sample"
    assert "the live snapshot has another refine" in row.text_read.words


def test_texts_that_are_not_used_say_why(project: Project) -> None:
    configure(project)

    (row,) = explained(project, ["r0"])

    assert row.text_read is not None
    assert not row.text_read.used
    assert "not used: only 3 rows of the sample have votes" in row.text_read.words


def test_a_row_that_was_least_to_be_trusted_says_so(project: Project) -> None:
    write(project)
    configure(project, refine={"drop": 0.2})
    run = project.run()
    gone = pq.read_table(run.snapshots[0].folder / "filtered")["id"].to_pylist()[0]

    (row,) = explained(project, [gone])

    assert row.status == "filtered"
    assert row.why.startswith("refine took it out of the live snapshot: its label is among")


def test_an_abbreviation_is_a_step_of_its_own(project: Project) -> None:
    ids = [f"r{i}" for i in range(len(NER_TEXTS))]
    project.write({"id": ids, "text": NER_TEXTS})
    configure_ner(project)
    rows = {row["id"]: row for row in project.run().labels.to_arrow().to_pylist()}

    for row in explained(project, ["r0", "r6", "r7"]):
        spans = [(s, e, label) for s, e, label, _ in row.entities]
        assert spans == [(e["start"], e["end"], e["label"]) for e in rows[row.id]["entities"]]
        short = [d for d in row.decisions if row.text[d.start : d.end] == SHORT]
        for decision in short:
            assert decision.beliefs[-1].step == "spelling"
            assert decision.beliefs[-1].probs["DISEASE"] > 0.5
        assert row.text_read is not None
        assert row.text_read.rests_on == rows[row.id]["rests_on"]
        assert "abbreviations and other spellings carry" in row.text_read.words
