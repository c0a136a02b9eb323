"""Prepare a machine: system libraries, `.venv`, packages. Standard library only; run by `make`.

    python3 scripts/bootstrap.py [--dev] [--system-libraries-only]

Does only what is missing, so a second run takes a moment. Works on Windows and macOS as well, where
no system libraries are needed.
"""

from __future__ import annotations

import argparse
import ctypes
import glob
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
CONSTRAINTS = ROOT / "constraints.txt"
OLDEST_PYTHON = (3, 11)

ESSENTIAL_LIBRARIES = {
    "libGL.so.1": "libgl1",
    "libEGL.so.1": "libegl1",
    "libEGL_mesa.so.0": "libegl-mesa0",
    "libgomp.so.1": "libgomp1",
    "libX11.so.6": "libx11-6",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libfontconfig.so.1": "libfontconfig1",
    "libdbus-1.so.3": "libdbus-1-3",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libusb-1.0.so.0": "libusb-1.0-0",
    "libudev.so.1": "libudev1",
}
"""Library -> Debian package, without which the program cannot even draw off screen."""
WINDOW_LIBRARIES = {
    "libX11-xcb.so.1": "libx11-xcb1",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libwayland-client.so.0": "libwayland-client0",
    "libwayland-cursor.so.0": "libwayland-cursor0",
    "libwayland-egl.so.1": "libwayland-egl1",
}
"""Library -> Debian package that Qt's window needs under X11 and Wayland."""
SOFTWARE_GL_DRIVERS = ("/usr/lib/*/dri/swrast_dri.so", "/usr/lib/*/libgallium*.so")
SOFTWARE_GL_PACKAGE = "libgl1-mesa-dri"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dev", action="store_true", help="also what `make test` needs")
    parser.add_argument("--system-libraries-only", action="store_true")
    args = parser.parse_args()
    if sys.version_info < OLDEST_PYTHON:
        return _fail(f"Python 3.11 or newer is needed; this is {sys.version.split()[0]}.")
    if not ensure_system_libraries():
        return 1
    if args.system_libraries_only:
        return 0
    if not ensure_venv():
        return 1
    names = ["requirements.txt", "requirements-dev.txt"] if args.dev else ["requirements.txt"]
    if not all(ensure_packages(ROOT / name) for name in names):
        return 1
    return 0 if ensure_prepared() else 1


def ensure_system_libraries() -> bool:
    """Install what is missing where allowed, else say how; False where nothing can run without."""
    if not sys.platform.startswith("linux"):
        return True
    essential, window = missing_packages(ESSENTIAL_LIBRARIES), missing_packages(WINDOW_LIBRARIES)
    if not any(glob.glob(pattern) for pattern in SOFTWARE_GL_DRIVERS):
        essential.append(SOFTWARE_GL_PACKAGE)
    missing = essential + window
    if not missing:
        return True
    print(f"Missing system libraries: {' '.join(missing)}", flush=True)
    if shutil.which("apt-get") and install_debian_packages(missing):
        return True
    _explain(missing)
    if not essential:
        print("Going on: they are needed only for a window.")
    return not essential


def missing_packages(libraries: dict[str, str]) -> list[str]:
    """Debian packages of those libraries that this machine cannot load."""
    return [package for library, package in libraries.items() if not _loads(library)]


def install_debian_packages(packages: list[str]) -> bool:
    """Whether apt installed them; False as well where this user may not."""
    if os.geteuid() == 0:
        prefix = []
    elif shutil.which("sudo") and _quiet(["sudo", "-n", "true"]):
        prefix = ["sudo", "-n"]
    else:
        return False
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "-y", "-q", "--no-install-recommends", *packages]
    for command in (["apt-get", "update", "-q"], install):
        if subprocess.run([*prefix, *command], env=environment, check=False).returncode:
            return False
    return True


def ensure_venv() -> bool:
    """Make `.venv` where it is not there."""
    if venv_python().exists():
        return True
    print(f"Making {VENV}", flush=True)
    made = [sys.executable, "-m", "venv", str(VENV)]
    if _run(made):
        return True
    package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
    shutil.rmtree(VENV, ignore_errors=True)
    if shutil.which("apt-get") and install_debian_packages([package]) and _run(made):
        return True
    shutil.rmtree(VENV, ignore_errors=True)
    _fail(f"This Python cannot make a virtual environment. Run: sudo apt-get install {package}")
    return False


def ensure_packages(requirements: Path) -> bool:
    """Install a requirements file unless just this text is installed already."""
    stamp = VENV / f".{requirements.stem}.stamp"
    content = requirements.read_bytes() + CONSTRAINTS.read_bytes() + str(VENV).encode()
    wanted = hashlib.sha256(content).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted:
        return True
    print(f"Installing {requirements.name}", flush=True)
    pip = [str(venv_python()), "-m", "pip", "install", "--disable-pip-version-check"]
    # Hundreds of megabytes: a person wants to see them come, a log does not.
    pip += [] if sys.stdout.isatty() else ["-q"]
    if not _run([*pip, "-r", str(requirements), "-c", str(CONSTRAINTS)]):
        _fail(f"pip could not install {requirements.name}; its reason stands above.")
        return False
    stamp.write_text(wanted)
    return True


def ensure_prepared() -> bool:
    """Compile the tracker and export its networks, unless that was done for just these sources."""
    sources = [*sorted((ROOT / "engine").rglob("*.py")), ROOT / "weights" / "manifest.json"]
    content = b"".join(source.read_bytes() for source in sources) + str(VENV).encode()
    wanted = hashlib.sha256(content).hexdigest()
    stamp = VENV / ".prepared.stamp"
    if stamp.exists() and stamp.read_text() == wanted:
        return True
    if not _run([str(venv_python()), str(ROOT / "main.py"), "prepare"]):
        _fail("the tracker could not be prepared; the reason stands above.")
        return False
    stamp.write_text(wanted)
    return True


def venv_python() -> Path:
    if sys.platform == "win32":
        return VENV / "Scripts" / "python.exe"
    return VENV / "bin" / "python"


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def _explain(packages: list[str]) -> None:
    if shutil.which("apt-get"):
        print(f"Install them with:\n    sudo apt-get install {' '.join(packages)}")
    else:
        print("Install the packages of these names, or what your system calls them.")


def _run(command: list[str]) -> bool:
    return subprocess.run(command, check=False).returncode == 0


def _quiet(command: list[str]) -> bool:
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


def _fail(sentence: str) -> int:
    print(f"bootstrap: {sentence}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
