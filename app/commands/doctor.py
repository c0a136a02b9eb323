"""`doctor`: what is there, what is missing, and how to get it. Always ends with status 0."""

from __future__ import annotations

import argparse
import json
import sys
import textwrap
from dataclasses import asdict

from app.diagnosis import Finding, Verdict, examine

MARKS = {Verdict.OK: "ok", Verdict.ABSENT: "-", Verdict.PROBLEM: "MISSING"}
NAME_WIDTH, MARK_WIDTH, LINE_WIDTH = 32, 9, 110


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="as JSON on stdout")


def run(args: argparse.Namespace) -> int:
    findings = examine()
    if args.json:
        json.dump([asdict(finding) for finding in findings], sys.stdout, indent=2)
        print()
    else:
        print("\n".join(table_lines(findings)))
    return 0


def table_lines(findings: list[Finding]) -> list[str]:
    """A block a group, then what is missing and needed, in a sentence."""
    lines: list[str] = []
    group = ""
    for finding in findings:
        if finding.group != group:
            group = finding.group
            lines += ["", group]
        lines += _finding_lines(finding)
    problems = sum(finding.verdict is Verdict.PROBLEM for finding in findings)
    summary = f"{problems} thing(s) need attention." if problems else "Everything needed is there."
    return [*lines[1:], "", summary]


def _finding_lines(finding: Finding) -> list[str]:
    head = f"  {finding.name:{NAME_WIDTH}}{MARKS[finding.verdict]:{MARK_WIDTH}}"
    text = ". ".join(filter(None, (finding.detail, finding.remedy)))
    width = LINE_WIDTH - len(head)
    body = textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False) or [""]
    return [head + body[0], *(" " * len(head) + line for line in body[1:])]
