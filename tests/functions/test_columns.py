import pyarrow as pa
import pytest

from labelmill.core.batch import Batch
from labelmill.errors import BadParameter
from labelmill.functions.columns import check_columns, column_of, shown

BATCH = Batch(pa.array([7]), pa.array(["a"]), {"stars": pa.array([4])})


def test_id_and_text_are_columns() -> None:
    assert column_of(BATCH, "id", "column").to_pylist() == [7]
    assert column_of(BATCH, "text", "column").to_pylist() == ["a"]


def test_a_missing_column_is_named_with_the_nearest() -> None:
    with pytest.raises(BadParameter, match="did you mean 'stars'") as caught:
        check_columns(BATCH, ["stars", "star"], "when")

    assert caught.value.field == "when"


def test_long_values_are_cut_short() -> None:
    assert len(shown("a" * 1000)) == 60
    assert shown(4) == "4"
