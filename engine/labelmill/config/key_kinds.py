"""The kinds of values that keys of a job file take: names, texts, shares."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

SLUG = r"^[a-z0-9][a-z0-9_.-]{0,99}$"
NAME = r"^[A-Za-z0-9_-][A-Za-z0-9_.-]*$"
LANGUAGE = r"^[a-z]{2,3}(-[A-Za-z]+)*$"

Slug = Annotated[str, Field(pattern=SLUG)]
Name = Annotated[str, Field(pattern=NAME)]
Text = Annotated[str, Field(min_length=1)]
Fraction = Annotated[float, Field(ge=0, le=1)]
Section = object
"""A part of the config that is read by itself; unlike `Any` it does not take null."""

Rows = str | tuple[str | Mapping[str, Any], ...]
"""Texts, or rows as maps from column to value, in which the text stands under `text`."""
