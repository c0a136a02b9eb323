"""What this machine has of all that HandTune can use, as plain findings.

Looks without touching: no camera is opened, no network loaded, torch not imported.
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from importlib import metadata
from pathlib import Path

import psutil

from app.display import XCB_CURSOR, has_display
from engine.capture.sources import discover
from engine.errors import UserError
from engine.weights_manifest import problem_with, read_manifest

GB = 1e9
LOW_DISK_BYTES = 5 * GB


class Verdict(StrEnum):
    """How good a finding is."""

    OK = "ok"
    ABSENT = "absent"
    """Not there, and nobody needs it unless they want what it is for."""
    PROBLEM = "problem"
    """Not there or not right, and the program needs it."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked for."""

    group: str
    name: str
    verdict: Verdict
    detail: str
    remedy: str = ""
    """How to get it; empty where nothing is to be done."""


def examine() -> list[Finding]:
    """All findings, by group."""
    groups: tuple[Callable[[], list[Finding]], ...] = (
        _machine,
        _display,
        _cameras,
        _packages,
        _gpu,
        _weights,
    )
    return [finding for group in groups for finding in group()]


def _machine() -> list[Finding]:
    disk = shutil.disk_usage(Path.cwd())
    low = disk.free < LOW_DISK_BYTES
    memory = psutil.virtual_memory()
    return [
        Finding("Machine", "system", Verdict.OK, platform.platform()),
        Finding("Machine", "Python", Verdict.OK, platform.python_version()),
        Finding("Machine", "processor", Verdict.OK, f"{os.cpu_count()} cores"),
        Finding("Machine", "memory", Verdict.OK, f"{memory.total / GB:.1f} GB"),
        Finding(
            "Machine",
            "disk",
            Verdict.PROBLEM if low else Verdict.OK,
            f"{disk.free / GB:.1f} GB free in {Path.cwd()}",
            "Free some space: recordings and training need more than 5 GB" if low else "",
        ),
    ]


def _display() -> list[Finding]:
    shown = has_display()
    findings = [
        Finding(
            "Display",
            "screen",
            Verdict.OK if shown else Verdict.ABSENT,
            _screen() if shown else "none: neither DISPLAY nor WAYLAND_DISPLAY is set",
            "" if shown else "`python main.py` then writes a preview to out/ instead of a window",
        )
    ]
    if sys.platform.startswith("linux"):
        findings += [
            _library("EGL", "libEGL.so.1", Verdict.PROBLEM),
            _library("OpenGL", "libGL.so.1", Verdict.PROBLEM),
            _library("X11 cursors", XCB_CURSOR, Verdict.PROBLEM if shown else Verdict.ABSENT),
        ]
    return findings


def _screen() -> str:
    for variable in ("QT_QPA_PLATFORM", "WAYLAND_DISPLAY", "DISPLAY"):
        if os.environ.get(variable):
            return f"{variable}={os.environ[variable]}"
    return "the desktop's own"


def _library(name: str, library: str, if_missing: Verdict) -> Finding:
    try:
        ctypes.CDLL(library)
    except OSError:
        remedy = "Run `make system-libraries`"
        return Finding("Display", name, if_missing, f"{library} is not installed", remedy)
    return Finding("Display", name, Verdict.OK, library)


def _cameras() -> list[Finding]:
    return [*_devices(), _realsense_sdk(), *_realsense_access(), _zed_sdk()]


def _devices() -> list[Finding]:
    try:
        live = [source for source in discover() if source.live]
    except UserError as error:
        return [Finding("Cameras", "devices", Verdict.PROBLEM, str(error))]
    if not live:
        remedy = "Plug one in (USB 3), or use sim: or a recording"
        return [Finding("Cameras", "devices", Verdict.ABSENT, "no camera is plugged in", remedy)]
    return [Finding("Cameras", source.name, Verdict.OK, source.uri) for source in live]


def _realsense_sdk() -> Finding:
    version = _version("pyrealsense2")
    if version:
        return Finding("Cameras", "RealSense SDK", Verdict.OK, f"pyrealsense2 {version}")
    remedy = "`pip install pyrealsense2`; on macOS build librealsense with its Python binding"
    return Finding("Cameras", "RealSense SDK", Verdict.ABSENT, "not installed", remedy)


UDEV_RULES = ("/etc/udev/rules.d", "/lib/udev/rules.d", "/usr/lib/udev/rules.d")


def _realsense_access() -> list[Finding]:
    """Without udev rules only root may open the camera on Linux."""
    if not sys.platform.startswith("linux"):
        return []
    rules = [path for folder in UDEV_RULES for path in Path(folder).glob("*realsense*")]
    if rules:
        return [Finding("Cameras", "RealSense access", Verdict.OK, str(rules[0]))]
    remedy = (
        "If a plugged-in camera is not found, copy 99-realsense-libusb.rules of "
        "https://github.com/IntelRealSense/librealsense/tree/master/config to /etc/udev/rules.d "
        "and plug it in again"
    )
    return [Finding("Cameras", "RealSense access", Verdict.ABSENT, "no udev rules", remedy)]


def _zed_sdk() -> Finding:
    if _importable("pyzed.sl"):
        return Finding("Cameras", "ZED SDK", Verdict.OK, "pyzed.sl")
    # The package of this name on the index is a stranger's: docs/decisions/0001.
    remedy = (
        "For a ZED camera install the SDK from https://www.stereolabs.com/developers/release and "
        "run its get_python_api.py with this Python; `pip install pyzed` gets something else"
    )
    return Finding("Cameras", "ZED SDK", Verdict.ABSENT, "not installed", remedy)


PACKAGES = (
    ("PySide6-Essentials", "window", Verdict.PROBLEM, ""),
    ("open3d", "3D view", Verdict.PROBLEM, ""),
    ("opencv-python-headless", "images and video", Verdict.PROBLEM, ""),
    ("numba", "model fitting", Verdict.PROBLEM, ""),
    ("onnxruntime", "inference on any processor", Verdict.PROBLEM, ""),
    ("openvino", "inference where the processor has bfloat16", Verdict.ABSENT, ""),
    ("torch", "training, and inference", Verdict.ABSENT, ""),
    ("tensorrt", "inference on NVIDIA GPUs", Verdict.ABSENT, "requirements-nvidia.txt"),
    ("smplx", "checks of a MANO file", Verdict.ABSENT, "requirements-mano.txt"),
)
"""Distribution, what it is for, how bad its absence is, the requirements file that brings it."""


def _packages() -> list[Finding]:
    return [_package(*package) for package in PACKAGES]


def _package(name: str, purpose: str, if_missing: Verdict, requirements: str) -> Finding:
    version = _version(name)
    if version:
        return Finding("Packages", name, Verdict.OK, f"{version} ({purpose})")
    remedy = f"`pip install -r {requirements}`, see the notes in it" if requirements else ""
    return Finding(
        "Packages", name, if_missing, f"not installed ({purpose})", remedy or "Run `make setup`"
    )


def _gpu() -> list[Finding]:
    query = ["nvidia-smi", "--query-gpu=name,driver_version,memory.total", "--format=csv,noheader"]
    try:
        done = subprocess.run(query, capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        detail = "no NVIDIA GPU or no driver: inference and training run on the CPU"
        return [Finding("GPU", "NVIDIA", Verdict.ABSENT, detail)]
    names = [line.strip() for line in done.stdout.splitlines() if line.strip()]
    return [Finding("GPU", "NVIDIA", Verdict.OK, name) for name in names]


def _weights() -> list[Finding]:
    try:
        entries = read_manifest()
    except UserError as error:
        return [Finding("Weights", "manifest", Verdict.PROBLEM, str(error))]
    findings = []
    for entry in entries:
        problem = problem_with(entry)
        verdict = Verdict.PROBLEM if problem else Verdict.OK
        detail = problem or f"SHA-256 {entry.sha256[:12]}... as listed: {entry.what}"
        findings.append(Finding("Weights", entry.name, verdict, detail))
    return findings


def _version(distribution: str) -> str:
    """Empty where it is not installed."""
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return ""


def _importable(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ImportError:
        return False
