"""Every action of the window: its words, key, tooltip, and place in the menus."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMainWindow


@dataclass(frozen=True, slots=True)
class ActionSpec:
    """One action. `key` is also what the help overlay shows."""

    name: str
    """Also the name of the window's method that it calls."""
    menu: str
    text: str
    key: str
    tip: str
    checkable: bool = False
    separated: bool = False
    """A line above it in the menu."""


ACTIONS: tuple[ActionSpec, ...] = (
    ActionSpec(
        "toggle_tracking",
        "Tracking",
        "Start / stop",
        "Space",
        "Start or stop tracking; play or pause a recording",
    ),
    ActionSpec("refresh_sources", "Tracking", "Look for cameras", "F5", "Look for cameras again"),
    ActionSpec(
        "open_source",
        "Tracking",
        "Open a source…",
        "Ctrl+O",
        "Open a folder, data set or stereo camera",
        separated=True,
    ),
    ActionSpec(
        "set_streaming",
        "Tracking",
        "Stream",
        "T",
        "Send hand poses to other programs on this machine, at ws://127.0.0.1:8765",
        True,
    ),
    ActionSpec(
        "calibrate",
        "Tracking",
        "Calibrate two cameras…",
        "K",
        "Turn two cameras into a stereo camera: print a board, show it, see how good it is",
    ),
    ActionSpec("save_screenshot", "Tracking", "Save a screenshot", "Ctrl+S", "Save this window"),
    ActionSpec("close", "Tracking", "Quit", "Ctrl+Q", "Close the window", separated=True),
    ActionSpec(
        "set_recording",
        "Session",
        "Record",
        "R",
        "Record images and hands into a session file, or stop",
        True,
    ),
    ActionSpec(
        "open_session",
        "Session",
        "Open a session…",
        "Ctrl+Shift+O",
        "Play a recorded session, and track it anew",
        separated=True,
    ),
    ActionSpec(
        "export_session",
        "Session",
        "Export a session…",
        "Ctrl+E",
        "Write recorded hands as glTF, BVH, table, arrays or video",
    ),
    ActionSpec("step_back", "Session", "Step back", ",", "One frame back", separated=True),
    ActionSpec("step_on", "Session", "Step on", ".", "One frame on"),
    ActionSpec("slower", "Session", "Slower", "[", "Play slower"),
    ActionSpec("faster", "Session", "Faster", "]", "Play faster"),
    ActionSpec("set_loop", "Session", "Loop", "O", "Play from the start again at the end", True),
    ActionSpec(
        "set_as_recorded",
        "Session",
        "As recorded",
        "A",
        "Show the hands as recorded beside those tracked now",
        True,
    ),
    ActionSpec(
        "new_user", "Person", "New user", "N", "A guided minute: measure a new person's hand"
    ),
    ActionSpec(
        "set_improve",
        "Person",
        "Improve",
        "I",
        "Improve while tracking: learn from what is seen, in the background",
        True,
    ),
    ActionSpec(
        "reset_profile",
        "Person",
        "Reset the profile",
        "",
        "Back to the shipped weights; the hand's shape stays. Can be undone",
        separated=True,
    ),
    ActionSpec(
        "delete_profile",
        "Person",
        "Delete the profile",
        "",
        "Delete this profile. Can be undone",
    ),
    ActionSpec("reset_view", "View", "Reset view", "V", "Back to the first view of the hand"),
    ActionSpec("set_mirrored", "View", "Mirror", "M", "Show everything as a mirror does", True),
    ActionSpec("set_follow", "View", "Follow the hand", "C", "Keep the hand in the middle", True),
    ActionSpec(
        "set_points",
        "View",
        "Points",
        "P",
        "Show the observed points around the mesh",
        True,
        separated=True,
    ),
    ActionSpec("set_skeleton", "View", "Skeleton", "S", "Show joints and bones", True),
    ActionSpec("set_grid", "View", "Grid", "G", "Show the ground grid, one cell is 5 cm", True),
    ActionSpec(
        "set_learning",
        "View",
        "Learning",
        "L",
        "Show what the tracker learns, instead of confidence and speed",
        True,
        separated=True,
    ),
    ActionSpec(
        "toggle_full_screen",
        "View",
        "Full screen",
        "F",
        "Fill the screen, and back",
        separated=True,
    ),
    ActionSpec("toggle_help", "Help", "Keys and mouse", "?", "Show all keys"),
    ActionSpec("show_about", "Help", "About HandTune", "", "Versions and licences"),
)

MENUS = ("Tracking", "Session", "Person", "View", "Help")

MOUSE: tuple[tuple[str, str], ...] = (
    ("Drag", "Turn the view"),
    ("Right drag", "Move the view, as does Shift + drag"),
    ("Wheel", "Nearer, further"),
    ("Double click", "Reset view"),
)


class Calls(Protocol):
    """Looks up what an action does."""

    def __call__(self, name: str) -> Callable[..., object]: ...


def build_menus(window: QMainWindow, handler_of: Calls) -> Mapping[str, QAction]:
    """Fill the window's menu bar; the actions by name."""
    menus = {name: window.menuBar().addMenu(name) for name in MENUS}
    actions: dict[str, QAction] = {}
    for spec in ACTIONS:
        action = QAction(spec.text, window)
        action.setCheckable(spec.checkable)
        action.setToolTip(f"{spec.tip}  ({spec.key})" if spec.key else spec.tip)
        if spec.key:
            action.setShortcut(QKeySequence(spec.key))
        handler = handler_of(spec.name)
        if spec.checkable:
            action.toggled.connect(handler)
        else:
            # `triggered` carries a flag that plain actions have no use for.
            action.triggered.connect(lambda _=False, call=handler: call())
        if spec.separated:
            menus[spec.menu].addSeparator()
        menus[spec.menu].addAction(action)
        window.addAction(action)
        actions[spec.name] = action
    return actions
