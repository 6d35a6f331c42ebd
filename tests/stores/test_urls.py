"""What a config may say of stores."""

import subprocess
import sys

import pytest
from tests.pipeline.conftest import Project

from labelmill.config import load
from labelmill.errors import ConfigErrors

HIDE = "import sys\nsys.modules['obstore'] = None\n"


@pytest.mark.parametrize(
    ("key", "url", "message"),
    [
        ("source.path", "gs://bucket/rows", "source.path: only s3:// can be read"),
        ("output", "https://host/out", "output: only s3:// can be read"),
        ("output", "s3://Bad_Bucket/out", "output: 'Bad_Bucket' is no name of a bucket"),
        ("output", "s3://", "output: '' is no name of a bucket"),
        ("source.path", "s3://me:secret@bucket/rows", "a URL holds no login"),
        ("source.path", "s3://bucket/a//b", "has an empty part"),
        ("gold.path", "s3://bucket/../b", "has an empty part, '.' or '..'"),
    ],
)
def test_a_url_that_cannot_be_used_is_told_by_its_key(
    project: Project, key: str, url: str, message: str
) -> None:
    with pytest.raises(ConfigErrors) as told:
        load(str(project.config), overrides=[f"{key}='{url}'"])

    assert message in str(told.value)


def test_without_the_extra_validate_says_what_to_install(project: Project) -> None:
    project.configure(source={"path": "s3://bucket/rows", "id": "id", "text": "text"})
    words = "sys.argv[1:] = ['validate', sys.argv[1]]"
    code = f"{HIDE}from labelmill.cli import main\n{words}\nsys.exit(main())"

    done = subprocess.run(
        [sys.executable, "-c", code, str(project.config)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 2
    assert "pip install 'labelmill[s3]'" in done.stderr + done.stdout
    assert "source.path" in done.stderr + done.stdout


def test_a_job_without_urls_loads_no_client_library(project: Project) -> None:
    code = (
        "import sys\nfrom labelmill import kinds\nfrom labelmill.config import load\n"
        "kinds.announce_all()\nload(sys.argv[1])\nassert 'obstore' not in sys.modules\n"
    )

    done = subprocess.run([sys.executable, "-c", code, str(project.config)], check=False)

    assert done.returncode == 0
