"""Reading a table of a file field by field, each of the kind that it should be."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

Choice = TypeVar("Choice", bound=Enum)


class Fields:
    """A table; `where` names it in errors. Every method raises ValueError with one clause."""

    def __init__(self, table: Mapping[str, Any], where: str = "") -> None:
        self._table, self._where = table, where

    def has(self, name: str) -> bool:
        return name in self._table

    def table(self, name: str) -> Fields:
        """A table within this one."""
        value = self._get(name)
        if not isinstance(value, Mapping):
            raise self._wrong(name, "a table", value)
        return Fields(value, self._full(name))

    def tables(self, name: str) -> tuple[Fields, ...]:
        """A list of tables."""
        value = self._get(name)
        if not isinstance(value, list) or not all(isinstance(v, Mapping) for v in value):
            raise self._wrong(name, "a list of tables", value)
        return tuple(Fields(v, f"{self._full(name)}[{k}]") for k, v in enumerate(value))

    def text(self, name: str, missing: str | None = None) -> str:
        """A text; `missing` where it is not there."""
        value = self._get(name) if missing is None else self._table.get(name, missing)
        if not isinstance(value, str):
            raise self._wrong(name, "a text", value)
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of texts."""
        value = self._get(name)
        if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
            raise self._wrong(name, "a list of texts", value)
        return tuple(value)

    def whole(self, name: str) -> int:
        """A whole number."""
        value = self._get(name)
        if not isinstance(value, int) or isinstance(value, bool):
            raise self._wrong(name, "a whole number", value)
        return value

    def number(self, name: str, finite: bool = True) -> float:
        """A number; infinite ones are taken where `finite` is False, NaN never."""
        value = self._get(name)
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise self._wrong(name, "a number", value)
        if np.isnan(value) or (finite and np.isinf(value)):
            raise self._wrong(name, "a finite number", value)
        return float(value)

    def numbers(self, name: str, shape: tuple[int, ...]) -> npt.NDArray[np.float64]:
        """An array of finite numbers of this shape."""
        value = self._get(name)
        words = f"{' x '.join(map(str, shape))} finite numbers"
        try:
            array = np.array(value, np.float64)
        except (TypeError, ValueError) as error:
            raise self._wrong(name, words, value) from error
        if array.shape != shape or not np.isfinite(array).all():
            raise self._wrong(name, words, value)
        return array

    def one_of(self, name: str, choices: type[Choice]) -> Choice:
        """The member of an enumeration with this value."""
        value = self._get(name)
        for choice in choices:
            if choice.value == value:
                return choice
        names = ", ".join(f"'{choice.value}'" for choice in choices)
        raise self._wrong(name, f"one of {names}", value)

    def _get(self, name: str) -> Any:
        if name not in self._table:
            raise ValueError(f"'{self._full(name)}' is missing")
        return self._table[name]

    def _full(self, name: str) -> str:
        return f"{self._where}.{name}" if self._where else name

    def _wrong(self, name: str, expected: str, found: Any) -> ValueError:
        shown = repr(found)
        shown = shown if len(shown) <= 60 else shown[:57] + "..."
        return ValueError(f"'{self._full(name)}' should be {expected}, found {shown}")
