"""The last page: where to, and for which other programs."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import (
    QCheckBox,
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app import theme
from app.calibration_wizard.presenter import WizardPresenter
from app.calibration_wizard.saving import EXPORTS, Saved, suggested_path, why_ask
from app.calibration_wizard.words import heading, muted, say, title
from calibration.dense_range import why_no_dense_depth
from calibration.formats.files import RigFormat
from calibration.report import Verdict
from calibration.stored_rig import StoredRig

WIDTH_PX = 640


class SavePage(QWidget):
    """Asks where; tells what is entered."""

    def __init__(self) -> None:
        super().__init__()
        self._place = QLineEdit()
        self._place.setAccessibleName("Rig file")
        self._place.textEdited.connect(self._edited)
        self._summary, self._question, self._done = muted(), muted(), muted()
        self.replace = QCheckBox("Save it all the same")
        self._exports = {kind: QCheckBox(kind.value) for kind in EXPORTS}
        self._for: object = None
        self._touched = False
        self._lay_out()

    @property
    def path(self) -> Path:
        """Where to; a name without an ending gets one."""
        path = Path(self._place.text().strip()).expanduser()
        return path if path.suffix else path.with_suffix(".toml")

    @property
    def exports(self) -> tuple[RigFormat, ...]:
        return tuple(kind for kind, box in self._exports.items() if box.isChecked())

    def may_save(self, presenter: WizardPresenter) -> bool:
        """Whether nothing is to be asked, or it was answered."""
        return bool(self._place.text().strip()) and (
            self.replace.isHidden() or self.replace.isChecked()
        ) and presenter.stored is not None  # fmt: skip

    def enter(self, path: Path) -> None:
        """Save there."""
        self._place.setText(str(path))
        self._edited()

    def present(self, presenter: WizardPresenter) -> None:
        """What would be saved, and what speaks against it."""
        stored = presenter.stored
        if stored is None:
            return
        key = presenter.imported or presenter.result
        if key is not self._for:
            self._for, self._touched = key, False
            say(self._done, "")
        if not self._touched:
            self._touched = True
            name = "" if presenter.info is None else presenter.info.name
            self.enter(suggested_path(stored, name))
        say(self._summary, _summary(stored))
        question = "" if presenter.saved else self._reason(stored)
        say(self._question, question, theme.FAIR)
        self._question.setHidden(not question)
        self.replace.setHidden(not question)

    def show_saved(self, saved: Saved) -> None:
        """It is written."""
        more = (
            f" and {len(saved.exports)} files for other programs beside it" if saved.exports else ""
        )
        say(self._done, f"Saved: {saved.rig}{more}.", theme.GOOD)

    def show_failure(self, sentence: str) -> None:
        """It could not be written."""
        say(self._done, sentence, theme.POOR)

    def _reason(self, stored: StoredRig) -> str:
        path = self.path
        found = (path, path.exists(), stored.quality)
        if found != self._asked_for:
            self._asked_for = found
            self._answer = _why_not(stored) or why_ask(path, stored)
        return self._answer

    _asked_for: object = None
    _answer = ""

    def _edited(self) -> None:
        self.replace.setChecked(False)
        say(self._done, "")

    def _browse(self) -> None:
        options = QFileDialog.Option.DontConfirmOverwrite  # This page asks, and says why.
        place, _ = QFileDialog.getSaveFileName(
            self, "Save the rig", str(self.path), "Rig files (*.toml)", options=options
        )
        if place:
            self.enter(Path(place))

    def _lay_out(self) -> None:
        browse = QPushButton("Browse…")
        browse.clicked.connect(self._browse)
        row = QHBoxLayout()
        row.addWidget(self._place, 1)
        row.addWidget(browse)
        others = QHBoxLayout()
        others.setSpacing(18)
        for box in self._exports.values():
            others.addWidget(box)
        others.addStretch(1)
        inner = QWidget()
        inner.setMaximumWidth(WIDTH_PX)
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        column.addWidget(heading("Keep it"))
        column.addWidget(self._summary)
        column.addSpacing(6)
        column.addWidget(title("Rig file"))
        column.addLayout(row)
        column.addWidget(self._question)
        column.addWidget(self.replace)
        column.addSpacing(6)
        column.addWidget(title("Also for other programs"))
        column.addLayout(others)
        column.addWidget(self._done)
        column.addStretch(1)
        outer = QHBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(inner, 1)
        outer.addStretch(0)


def _summary(stored: StoredRig) -> str:
    rig = stored.rig
    width, height = rig.left.size_px
    serials = [s for s in (stored.left_serial, stored.right_serial) if s]
    tied = (
        f"It is for the cameras {' and '.join(dict.fromkeys(serials))}, and refused for any others."
        if serials
        else "Your cameras have no serial numbers: nothing will tell if they are exchanged."
    )
    apart = (
        f"Two cameras {1000 * rig.baseline_m:.1f} mm apart, {width} x {height} px, "
        f"{rig.left.lens.value} lens."
    )
    return "\n".join([apart, why_no_dense_depth(rig) or _expected(stored), tied])


def _expected(stored: StoredRig) -> str:
    known = "" if stored.quality is not None else ", if the calibration is perfect"
    error_mm = 1000 * stored.expected_depth_error_m(0.5)
    return f"Depth at half a metre: about {error_mm:.1f} mm off{known}."


def _why_not(stored: StoredRig) -> str:
    if stored.quality is not None and stored.quality.verdict is Verdict.NOT_GOOD_ENOUGH:
        return "This calibration is not good enough to measure hands."
    return ""
