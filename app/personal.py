"""All that depends on whose hands these are: profiles, enrolment, and learning while tracking.

Decides as whom the source is to be tracked, what the side column holds, and that what was learnt is
kept. The window hands in its bridge and hears what to do.
"""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction

from app.adaptation.presenter import AdaptationPresenter
from app.adaptation.view import LearningCard
from app.banner import Action, Banner, Tone
from app.bridge import SessionBridge
from app.enrolment.figures import Page
from app.enrolment.room import EnrolmentRoom
from app.profiles.room import ProfilesRoom
from app.session_use import SessionWish
from app.tracking.presenter import NO_HAND, Condition
from app.tracking.side_column import SideMode
from engine.adaptation.profile import Profile
from engine.adaptation.status import AdaptationState
from engine.messages import Frame, Scene

NOBODY_ENROLS = (Page.CLOSED, Page.SETUP)


class PersonalRoom(QObject):
    """Belongs to the window's thread."""

    track_anew_asked = Signal()
    """The same source is to be tracked as somebody else, if any is."""
    side_changed = Signal(object)
    """(SideMode)"""
    remembered = Signal()
    """`profile_name`, `improve` or `learning` changed."""
    note_said = Signal(str)

    def __init__(
        self, bridge: SessionBridge, people: ProfilesRoom, enrolment: EnrolmentRoom
    ) -> None:
        super().__init__()
        self.people, self.enrolment = people, enrolment
        self.adaptation, self.learning_card = AdaptationPresenter(), LearningCard()
        self.improve = self.learning = False
        self._bridge = bridge
        bridge.ending.connect(self.keep_what_was_learnt)
        people.changed.connect(self._person_changed)
        enrolment.begun.connect(self._enrolment_begun)
        enrolment.left.connect(self._enrolment_left)
        enrolment.save_asked.connect(self._save)
        enrolment.page_changed.connect(lambda _: self.side_changed.emit(self.side))
        self.learning_card.rollback_asked.connect(self._roll_back)

    def adopt(self, actions: Mapping[str, QAction]) -> None:
        """The window's actions: the learning card's buttons switch them."""
        improve, learning = actions["set_improve"], actions["set_learning"]

        def pause(paused: bool) -> None:
            if improve.isChecked() is paused:
                improve.setChecked(not paused)
            else:  # It had paused by itself.
                self.set_improve(not paused)

        self.learning_card.pause_asked.connect(pause)
        self.learning_card.closed.connect(lambda: learning.setChecked(False))

    @property
    def profile_name(self) -> str:
        return self.people.presenter.current

    @property
    def side(self) -> SideMode:
        """What the side column is to hold."""
        page = self.enrolment.page
        if page is Page.CLOSED:
            return SideMode.LEARNING if self.learning else SideMode.FIGURES
        return SideMode.RESULT if page is Page.RESULT else SideMode.ENROLMENT

    def wish(self, uri: str) -> SessionWish:
        """As whom a source is to be tracked: while somebody enrols, as a stranger."""
        if self.enrolment.presenter.page not in NOBODY_ENROLS:
            return SessionWish(uri)
        return SessionWish(uri, self.people.presenter.profile, self.improve)

    def set_improve(self, on: bool) -> None:
        """Adapt while tracking, or go on with the weights in use."""
        self.improve = on
        adaptation = self._bridge.adaptation
        if adaptation is None or self._learner_failed:
            if on:
                self.track_anew_asked.emit()
        elif on:
            adaptation.resume()
        else:
            adaptation.pause()
        self.remembered.emit()

    @property
    def _learner_failed(self) -> bool:
        """For good; another session has another learner."""
        status = self._bridge.status
        learning = None if status is None else status.adaptation
        return learning is not None and learning.state is AdaptationState.FAILED

    def set_learning(self, on: bool) -> None:
        """Show what is learnt, or confidence and speed."""
        self.learning = on
        self.side_changed.emit(self.side)
        self.remembered.emit()

    def new_user(self) -> None:
        self.enrolment.open(self.people.presenter.names)

    def begin_session(self) -> None:
        """Another session counts its weights and decisions anew."""
        self.adaptation.begin()
        self.people.keeper.begin()

    def add_scene(self, scene: Scene, frame: Frame | None) -> None:
        self.enrolment.add_scene(scene, frame, self._bridge.sightings())

    def tick(self) -> None:
        """As often as the bridge looks."""
        self.enrolment.tick()

    def show_figures(self, now_ns: int) -> None:
        """A few times a second."""
        status = self._bridge.status
        self.adaptation.update(None if status is None else status.adaptation, now_ns)
        self.enrolment.presenter.note_camera(None if status is None else status.camera)
        wish = self._bridge.wish
        kept = wish is not None and wish.profile is not None
        self.learning_card.show_figures(self.adaptation.figures(now_ns, kept))
        self.keep_what_was_learnt()
        self.people.show()

    def keep_what_was_learnt(self) -> None:
        """Put accepted weights into the profile; also just before a session ends, and before the
        profile is used for the next one."""
        status = self._bridge.status
        if status is not None and not self._bridge.stopping:
            self.people.keep(self._bridge.wish, status.adaptation)

    def banner(self, condition: Condition) -> Banner | None:
        """Trouble with tracking first; then what there is to say of profiles; hints last."""
        tracking, profiles = condition.banner, self.people.presenter.banner()
        if tracking is not None and tracking.tone in (Tone.ERROR, Tone.WARNING):
            return tracking
        page = self.enrolment.page
        guided = page is Page.GUIDE and condition.running and tracking == NO_HAND
        return profiles or (None if guided or page is Page.RESULT else tracking)

    def act(self, action: Action) -> bool:
        """Do what a banner's button says; whether it was about profiles."""
        return self.people.act(action)

    def close(self) -> None:
        """The window goes: keep who was measured and what was learnt."""
        outcome = self.enrolment.presenter.outcome
        if outcome is not None:
            self.people.save(outcome.profile)
        self.enrolment.close()
        self.keep_what_was_learnt()

    def _person_changed(self, _name: str) -> None:
        self.remembered.emit()
        if self.enrolment.presenter.page in NOBODY_ENROLS:
            self.track_anew_asked.emit()

    def _enrolment_begun(self) -> None:
        wish = self._bridge.wish
        if wish is None or wish.profile is not None or wish.improve:
            self.track_anew_asked.emit()

    def _enrolment_left(self) -> None:
        wish = self._bridge.wish
        stranger = wish is None or (wish.profile is None and not wish.improve)
        if stranger and (self.people.presenter.profile is not None or self.improve):
            self.track_anew_asked.emit()

    def _save(self, profile: Profile) -> None:
        if self.people.save(profile):
            self.enrolment.close()
            self._person_changed(profile.name)

    def _roll_back(self) -> None:
        adaptation = self._bridge.adaptation
        if adaptation is not None and adaptation.roll_back():
            self.note_said.emit("The former weights are back")
