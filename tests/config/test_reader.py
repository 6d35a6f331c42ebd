import subprocess
import sys
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path

import pytest

from labelmill.config import build, find_root, load
from labelmill.config.spec import Job, SelectSpec, SplitSpec
from labelmill.core.labels import Not, OneOf
from labelmill.core.registry import Registry
from labelmill.errors import ConfigErrors
from labelmill.functions.keyword import Keyword
from labelmill.functions.regex import Regex

Load = Callable[..., Job]
Write = Callable[[str, str], Path]

NER = """\
version: 1
name: news
task: {type: ner, labels: [ORG, PERSON]}
source: {path: data/rows, id: key, text: body}
"""


def test_a_small_config_gets_all_its_defaults(job: Load, tmp_path: Path) -> None:
    found = job()

    assert found.name == "demo"
    assert found.root == tmp_path
    assert found.seed == 0
    assert found.language == "en"
    assert found.label_model.type == "majority"
    assert found.select == SelectSpec(0.0, "drop", "drop")
    assert found.split == SplitSpec(0.8, 0.1, 0.1, "exact")
    assert found.error_budget == 0.001
    assert found.output == str(tmp_path / "data/out/demo")
    assert found.source.path == str(tmp_path / "data/rows")
    assert found.execution.workers is None
    assert [f.kind for f in found.functions] == [
        Regex(label="spam", pattern="https?://"),
        Keyword(label="ham", any=("thank you",)),
    ]


def test_in_ner_rows_without_votes_are_kept(job: Load) -> None:
    functions = "labeling_functions: [{name: a, type: regex, label: ORG, pattern: x}]\n"

    assert job(functions, base=NER).select.uncovered == "keep"
    dropped = job(functions + "select: {uncovered: drop}\n", base=NER)
    assert dropped.select.uncovered == "drop"


@pytest.mark.parametrize(
    ("split", "fractions"),
    [
        ("{train: 1.0}", (1.0, 0.0, 0.0)),
        ("{train: 1}", (1.0, 0.0, 0.0)),
        ("{train: 0.9, test: 0.1}", (0.9, 0.0, 0.1)),
        ("{group: id}", (0.8, 0.1, 0.1)),
        ("{}", (0.8, 0.1, 0.1)),
    ],
)
def test_naming_one_fraction_sets_the_others_to_0(
    job: Load, split: str, fractions: tuple[float, float, float]
) -> None:
    found = job(f"split: {split}\n").split

    assert (found.train, found.dev, found.test) == fractions


def test_labels_are_read_in_every_form(job: Load) -> None:
    found = job(
        "labeling_functions:\n"
        "  - {name: a, type: regex, label: {one_of: [ORG, PERSON]}, pattern: x}\n"
        "  - {name: b, type: regex, label: {not: ORG}, pattern: x}\n"
        "  - {name: c, type: regex, labels: {ORG: x, PERSON: [y, z]}}\n",
        base=NER.replace("PERSON]", "PERSON, MONEY]"),
    )

    kinds = [function.kind for function in found.functions]
    assert kinds[0] == Regex(label=OneOf(("ORG", "PERSON")), pattern="x")
    assert kinds[1] == Regex(label=Not("ORG"), pattern="x")
    assert kinds[2] == Regex(labels={"ORG": "x", "PERSON": ("y", "z")})


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("a", {None: ("a",)}),
        ("[a, b]", {None: ("a", "b")}),
        ("{spam: a, ham: [b, c]}", {"spam": ("a",), "ham": ("b", "c")}),
    ],
)
def test_examples_are_read_in_every_form(
    job: Load, write: Write, written: str, read: dict[str | None, tuple[str, ...]]
) -> None:
    del write
    found = job(f"  - {{name: x, type: regex, label: spam, pattern: a, should: {written}}}\n")

    assert found.functions[-1].should == read


def test_an_entry_that_expands_makes_several_functions(job: Load) -> None:
    found = job("  - {name: w, type: votes, column: v, functions: [a, b], labels: [ham, spam]}\n")

    assert [function.name for function in found.functions][2:] == ["w.a", "w.b"]
    assert {function.type for function in found.functions[2:]} == {"votes"}


def test_what_is_switched_off_is_left_out(job: Load) -> None:
    found = job(
        "  - {name: off, type: regex, label: spam, pattern: x, enabled: false}\n"
        "augment: [{type: word_dropout, enabled: false}]\n"
        "export: [{type: jsonl, enabled: false}, {type: jsonl}]\n"
    )

    assert [function.name for function in found.functions] == ["link", "thanks"]
    assert found.augment == ()
    assert [export.name for export in found.export] == ["jsonl"]


def test_empty_keys_count_as_left_out(job: Load) -> None:
    found = job("owner:\nchecks:\nlabel_model:\nsplit:\nexecution: {workers: }\n")

    assert found.owner == ""
    assert found.checks == ()
    assert found.label_model.type == "majority"


def test_null_stands_where_a_type_takes_it(job: Load) -> None:
    found = job("  - {name: e, type: echo, reads: [link], limit: null, from: here}\n")

    kind = found.functions[-1].kind
    assert getattr(kind, "limit") is None  # noqa: B009 (the protocol does not have it)
    assert getattr(kind, "from_") == "here"  # noqa: B009 (the same)


def test_the_seed_of_the_label_model_is_that_of_the_job(job: Load) -> None:
    assert job("seed: 5\n").label_model.seed == 5
    assert job("seed: 5\nlabel_model: {seed: 7}\n").label_model.seed == 7


def test_overrides_come_before_variables(job: Load) -> None:
    found = job(
        "vars: {n: 3}\nseed: '${vars.n}'\n",
        overrides=["vars.n=4", "labeling_functions[link].enabled=false"],
    )

    assert found.seed == 4
    assert [function.name for function in found.functions] == ["thanks"]
    assert found.resolved.overrides == ("vars.n=4", "labeling_functions[link].enabled=false")


def test_a_problem_with_an_override_points_at_it(job: Load) -> None:
    with pytest.raises(ConfigErrors) as caught:
        job(overrides=["label_model.sed=3"])

    assert str(caught.value).startswith("--set label_model.sed: error[extra_forbidden]")


def test_the_partition_is_filled_in(job: Load, tmp_path: Path) -> None:
    base = "version: 1\nname: demo\ntask: {type: classification, labels: [a, b]}\n"
    source = "source: {path: 'data/date=${run.partition}', id: key, text: body}\n"
    functions = "labeling_functions: [{name: x, type: regex, label: a, pattern: x}]\n"

    found = job(source + functions, base=base, partition="2026-11-21")

    assert found.source.path == str(tmp_path / "data/date=2026-11-21")
    assert found.resolved.variables == {"run.partition": "2026-11-21"}


def test_a_job_without_labeling_functions_is_refused(job: Load) -> None:
    with pytest.raises(ConfigErrors, match="declare at least one labeling function"):
        job(
            base="version: 1\nname: demo\ntask: {type: classification, labels: [a, b]}\n"
            "source: {path: data, id: key, text: body}\nlabeling_functions: []\n"
        )


def test_a_url_is_left_as_it_is(job: Load) -> None:
    found = job(
        overrides=["source.path=s3://bucket/rows", "output=s3://bucket/out"],
    )

    assert found.source.path == "s3://bucket/rows"
    assert found.output == "s3://bucket/out"


def test_a_worker_builds_the_same_job_without_the_file(
    job: Load, registries: dict[str, Registry], tmp_path: Path
) -> None:
    found = job(
        "  - {name: w, type: votes, column: v, functions: [a, b], labels: [ham, spam]}\n"
        "label_model: {type: weighted, weights: {link: 2}}\n"
        "augment: [{type: word_dropout, fraction: 0.5, only: [ham]}]\n"
        "env: [X]\nowner: '${env.X}'\n",
        env={"X": "secret me"},
    )
    (tmp_path / "configs/demo.yaml").unlink()

    again = build(deepcopy(found.resolved), registries)

    assert again == found
    assert again.owner == "secret me"


def test_the_root_is_above_the_nearest_configs(tmp_path: Path) -> None:
    assert find_root(tmp_path / "configs/a.yaml") == tmp_path
    assert find_root(tmp_path / "configs/x/y/a.yaml") == tmp_path
    assert find_root(tmp_path / "configs/x/configs/a.yaml") == tmp_path / "configs/x"
    assert find_root(tmp_path / "a.yaml") == tmp_path
    assert find_root(tmp_path / "configs/a.yaml", project="/else") == Path("/else")


def test_the_working_directory_changes_nothing(
    job: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = job()
    monkeypatch.chdir("/")

    assert job() == first
    assert first.root == tmp_path


def test_problems_of_all_passes_come_together(job: Load) -> None:
    with pytest.raises(ConfigErrors) as caught:
        job(
            "  - {name: thanks, type: regex, label: spam, pattern: '('}\n"
            "  - {name: c, type: regex, label: eggs, pattern: x}\n"
            "owner: ${vars.x}\nseed: x\nseed: 1\nnope: 2\n",
            overrides=["a"],
        )

    codes = {problem.code for problem in caught.value.problems}
    assert {"override", "yaml", "interpolation", "extra_forbidden", "bad_parameter"} <= codes
    assert {"label", "reference"} <= codes


def test_a_missing_config_is_one_problem(tmp_path: Path, registries: dict[str, Registry]) -> None:
    with pytest.raises(ConfigErrors) as caught:
        load(tmp_path / "none.yaml", registries=registries)

    assert [problem.code for problem in caught.value.problems] == ["file"]


def test_reading_a_config_imports_nothing_heavy(job: Load, tmp_path: Path) -> None:
    job()
    code = (
        "import sys, labelmill.tasks.classification, labelmill.functions.regex, "
        "labelmill.functions.keyword, labelmill.aggregate.majority\n"
        "from labelmill.config import load\n"
        f"load({str(tmp_path / 'configs/demo.yaml')!r})\n"
        "heavy = {'spacy', 'pandas', 'torch', 'sklearn', 'snorkel', 'skweak', 'nlpaug', 'nltk'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert done.stderr == ""
    assert done.stdout == "[]\n"


def test_a_nul_in_the_output_is_refused(job: Load) -> None:
    with pytest.raises(ConfigErrors, match="output: holds a NUL"):
        job('output: "a\\0b"\n')
