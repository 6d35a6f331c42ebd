from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from labelmill.config.spec import Job
from labelmill.core.digests import canonical_json
from labelmill.errors import ConfigErrors

Load = Callable[..., Job]


def public(found: Job) -> dict[str, Any]:
    return dict(found.resolved.public)


def test_every_default_is_filled_in(job: Load) -> None:
    found = public(job("augment: [{type: word_dropout}]\nselect: {tie: keep}\n"))

    assert found["select"] == {"min_confidence": 0.0, "tie": "keep", "uncovered": "drop"}
    assert found["split"] == {"train": 0.8, "dev": 0.1, "test": 0.1, "group": "exact"}
    assert found["label_model"] == {
        "type": "majority",
        "seed": 0,
        "class_balance": None,
        "smoothing": 0.0,
    }
    assert found["augment"][0]["name"] == "word_dropout"
    assert found["augment"][0]["min_words"] == 1
    assert found["labeling_functions"][0]["multiline"] is False


def test_two_ways_to_write_a_config_are_the_same(job: Load) -> None:
    short = job("seed: 0\nsplit: {train: 1}\nlabel_model: {type: majority}\n")
    long = job(
        "  - {name: off, type: regex, label: ham, pattern: x, enabled: false}\n"
        "vars: {one: 1.0}\nsplit: {train: '${vars.one}', dev: 0, test: 0, group: exact}\n"
        "execution: {workers: 3}\noutput: elsewhere\n"
    )

    assert canonical_json(public(short)) == canonical_json(public(long))


def test_keys_have_their_yaml_names(job: Load) -> None:
    found = public(job("  - {name: e, type: echo, reads: [link], from: here}\n"))

    assert found["labeling_functions"][-1]["from"] == "here"


def test_the_environment_is_not_in_it(job: Load) -> None:
    found = job(
        "  - {name: s, type: keyword, label: spam, any: ['${env.KEY}', x], should: '${env.KEY}'}\n"
        "env: [KEY]\nvars: {url: 's3://me:${env.KEY}@bucket'}\nowner: '${vars.url}'\n",
        env={"KEY": "hunter22"},
    )

    assert "hunter22" in str(found.resolved.tree)
    assert "hunter22" not in str(public(found))
    assert public(found)["owner"] == "s3://me:${env.KEY}@bucket"
    assert public(found)["labeling_functions"][-1]["any"] == ["${env.KEY}", "x"]
    assert public(found)["labeling_functions"][-1]["should"] == "${env.KEY}"


def test_absolute_paths_are_not_in_it(job: Load, tmp_path: Path) -> None:
    inside = job(overrides=[f"source.path={tmp_path}/data/rows"])
    outside = job(overrides=["source.path=/somewhere/else/rows"])

    assert str(tmp_path) not in str(public(inside))
    assert public(inside)["source"]["path"] == "data/rows"
    assert public(outside)["source"]["path"] == "rows"


def test_a_login_in_a_url_is_refused_and_not_repeated(job: Load) -> None:
    with pytest.raises(ConfigErrors, match="a URL holds no login") as told:
        job(overrides=["source.path='s3://me:pass@host/rows'"])

    assert "pass@" not in str(told.value)
