"""The enrolment put together: presenter, pages, ghost hand, overlay and comparison."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, Signal

from app.enrolment.comparison import ComparisonView
from app.enrolment.figures import Page
from app.enrolment.ghost import GhostHand
from app.enrolment.guide_overlay import GuideOverlay
from app.enrolment.presenter import EnrolmentPresenter
from app.enrolment.view import EnrolmentCard
from app.viewport.surface import HandSurface
from app.viewport.widget import ViewportWidget
from engine.adaptation.profile import Profile
from engine.inference.sighting import Sighting
from engine.messages import Frame, Scene, Side
from engine.runtime.clock import monotonic_ns


class EnrolmentRoom(QObject):
    """Belongs to the window's thread."""

    begun = Signal()
    """The guided minute begins: track a stranger from now on."""
    page_changed = Signal(object)
    """(Page)"""
    left = Signal()
    """Cancelled or discarded."""
    save_asked = Signal(object)
    """(Profile)"""

    def __init__(
        self, presenter: EnrolmentPresenter, viewport: ViewportWidget, surface: HandSurface
    ) -> None:
        super().__init__(viewport)
        self.presenter = presenter
        self.card = EnrolmentCard()
        self.comparison = ComparisonView(surface)
        self._viewport, self._surface = viewport, surface
        self._overlay = GuideOverlay(viewport)
        self._ghost = GhostHand(surface)
        self._haunted = False
        self._page = Page.CLOSED
        viewport.installEventFilter(self)
        self.card.setup.begin_asked.connect(self._begin)
        self.card.guide.skip_asked.connect(presenter.skip)
        self.card.guide.finish_asked.connect(presenter.finish)
        self.card.result.save_asked.connect(self._save)
        self.card.cancelled.connect(self.cancel)

    @property
    def page(self) -> Page:
        """As it was shown last."""
        return self._page

    def open(self, names: tuple[str, ...]) -> None:
        """Ask who is new; `names` are taken."""
        self.presenter.open()
        self.card.setup.prepare(names)
        self.tick()

    def cancel(self) -> None:
        """Leave, giving up what was not saved."""
        if self.presenter.page is not Page.CLOSED:
            self.presenter.close()
            self.tick()
            self.left.emit()

    def close(self) -> None:
        """End it without a word: it was saved, or the window goes."""
        self.presenter.close()
        self.tick()

    def add_scene(self, scene: Scene, frame: Frame | None, sightings: Sequence[Sighting]) -> None:
        self.presenter.add_scene(scene, frame, sightings, monotonic_ns())

    def tick(self) -> None:
        """Show how things stand."""
        page = self.presenter.page
        self.card.show_page(page)
        guide = self.presenter.guide(monotonic_ns())
        self._overlay.show_guide(guide[0] if guide else None)
        asked = self.presenter.asked()
        if guide and asked:
            self.card.guide.show_guide(*guide)
            self._viewport.show_ghost(self._ghost.mesh(*asked, self.presenter.hands))
            self._haunted = True
        elif self._haunted:
            self._viewport.show_ghost(None)
            self._haunted = False
        if page is Page.WORKING:
            self.card.working.show_text(*self.presenter.working_text())
        if page is Page.FAILED:
            self.card.failed.show_text(self.presenter.failure())
        self._show_result()
        if page is not self._page:
            self._page = page
            self.page_changed.emit(page)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._viewport and event.type() == QEvent.Type.Resize:
            self._overlay.place()
        return False

    def _show_result(self) -> None:
        outcome = self.presenter.outcome
        self.comparison.show_result(None if outcome is None else outcome.result)
        if outcome is not None:
            self.card.result.show_result(outcome.result)

    def _begin(self, name: str, sides: tuple[Side, ...]) -> None:
        self._ghost = GhostHand(self._surface)
        self.presenter.begin(name, sides, monotonic_ns())
        self.begun.emit()
        self.tick()

    def _save(self) -> None:
        outcome = self.presenter.outcome
        if outcome is not None:
            profile: Profile = outcome.profile
            self.save_asked.emit(profile)
