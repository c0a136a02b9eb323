"""What is imported is required, and what is required is pinned."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.shared_data import REPOSITORY

CODE = ("app", "engine", "calibration")
OPTIONAL_MODULES = {"pyzed", "tensorrt", "smplx"}
"""Looked for at run time; see docs/decisions/."""


def pins(name: str) -> dict[str, str]:
    """Lower-case distribution -> version of a requirements file."""
    lines = (line.split("#")[0].strip() for line in (REPOSITORY / name).read_text().splitlines())
    found = [re.fullmatch(r"([\w.-]+)==([\w.]+)(;.*)?", line) for line in lines if line]
    assert all(found), f"{name} holds a line that is not NAME==VERSION"
    return {normal(match[1]): match[2] for match in found if match}


def normal(distribution: str) -> str:
    return re.sub(r"[-_.]+", "-", distribution).lower()


def imported_modules() -> Iterator[tuple[str, Path]]:
    """Top-level names of everything that is imported anywhere in the program."""
    for path in (path for folder in CODE for path in (REPOSITORY / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                yield from ((alias.name.split(".")[0], path) for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                yield node.module.split(".")[0], path


def test_every_import_is_required() -> None:
    distributions = packages_distributions()
    required = pins("requirements.txt")
    for module, path in imported_modules():
        if module in sys.stdlib_module_names or module in CODE or module in OPTIONAL_MODULES:
            continue
        given_by = {normal(name) for name in distributions.get(module, [])}
        assert given_by & required.keys(), f"{path} imports {module}, which is not required"


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_constraints_say_the_same(name: str) -> None:
    constraints = pins("constraints.txt")
    for distribution, version in pins(name).items():
        if distribution != "torch":  # its build depends on the machine
            assert constraints[distribution] == version


def test_nothing_is_required_that_a_decision_forbids() -> None:
    required = pins("requirements.txt")
    assert not {"pyzed", "tensorrt", "smplx", "opencv-python"} & required.keys()
    assert required["pyside6-essentials"] == "6.11.3"
