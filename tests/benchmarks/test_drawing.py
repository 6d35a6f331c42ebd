"""Curves become SVG that a browser reads."""

from xml.etree import ElementTree as ET

import pytest
from benchmarks.drawing import HEIGHT, LEFT, RIGHT, WIDTH, log_chart

SVG = "{http://www.w3.org/2000/svg}"


def test_points_stand_within_the_axes_in_order() -> None:
    points = [(1_000, 0.5), (10_000, 2.0), (1_000_000, 90.0)]

    svg = ET.fromstring(log_chart("T", "rows", "seconds", {"a < b": points}))  # noqa: S314

    places = [(float(c.get("cx", 0)), float(c.get("cy", 0))) for c in svg.iter(f"{SVG}circle")]
    assert places == sorted(places)
    assert [y for _, y in places] == sorted((y for _, y in places), reverse=True)
    assert all(LEFT <= x <= WIDTH - RIGHT and 0 < y < HEIGHT for x, y in places)
    assert "a < b" in [text.text for text in svg.iter(f"{SVG}text")]


@pytest.mark.parametrize("value", [1.0, 5.0, 1e7, 0.001])
def test_one_point_can_be_drawn(value: float) -> None:
    svg = log_chart("T", "x", "y", {"a": [(value, value)]})

    assert svg.count("<circle") == 1
