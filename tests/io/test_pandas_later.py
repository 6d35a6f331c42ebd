"""Processes of ours do without pandas until somebody imports it; then pyarrow knows it."""

import subprocess
import sys

SETTING = """
import sys
import numpy as np, pyarrow as pa, pyarrow.compute as pc
from labelmill.io.pandas_later import keep_pandas_out
{before}
keep_pandas_out()
keep_pandas_out()
{after}
"""


def answers(after: str, before: str = "") -> list[str]:
    code = SETTING.format(before=before, after=after)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_arrow_and_numpy_exchange_arrays_without_pandas() -> None:
    work = """
assert pa.array(["a", None]).is_null().to_numpy(zero_copy_only=False).tolist() == [False, True]
assert pa.array(np.arange(3)).to_numpy().tolist() == [0, 1, 2]
assert pa.table({"a": [{"b": 1}, None]}).to_pylist() == [{"a": {"b": 1}}, {"a": None}]
print("pandas" in sys.modules)
"""
    assert answers(work) == ["False"]


def test_without_it_pyarrow_would_import_pandas() -> None:
    assert answers("", before="pa.array([0]); print('pandas' in sys.modules)") == ["True"]


def test_after_an_import_of_pandas_pyarrow_knows_it() -> None:
    work = """
import pandas as pd
print(pa.array(pd.Series([1.0, None])).null_count)
print(type(pa.array([1, 2]).to_pandas()) is pd.Series)
print(pa.table({"a": [1]}).to_pandas().a.tolist() == [1])
print(pa.Table.from_pandas(pd.DataFrame({"a": [1]})).num_rows)
"""
    assert answers(work) == ["1", "True", "True", "1"]


def test_to_pandas_imports_pandas() -> None:
    work = """
print(pa.table({"a": [1]}).to_pandas().a.tolist() == [1])
import pandas as pd
print(pa.array(pd.Series([1.0, None])).null_count)
"""
    assert answers(work) == ["True", "1"]


def test_where_pandas_is_loaded_already_nothing_changes() -> None:
    work = "print(pa.array(pd.Series([1.0, None])).null_count, len(sys.meta_path) == n)"

    assert answers(work, before="import pandas as pd; n = len(sys.meta_path)") == ["1", "True"]


def test_the_import_of_pandas_leaves_no_trace() -> None:
    work = """
import pandas, importlib.resources
ours = [finder for finder in sys.meta_path if type(finder).__module__ != "six"]  # dateutil's
print(len(ours) == n, importlib.resources.files(pandas).is_dir())
"""
    assert answers(work, before="n = len(sys.meta_path)") == ["True", "True"]
