"""The wizard: which page, what is known so far, and everything that runs beside the window.

Knows nothing of Qt. Whatever is stopped ends by itself; what still ends is watched, so that cameras
are opened again only when they were let go. Methods belong to one thread and none waits, save
`close`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from app.background import Work
from app.calibration_wizard.board_form import BoardForm
from app.calibration_wizard.board_watch import BoardWatch
from app.calibration_wizard.captured import LEAST_VIEWS, Book, Captured
from app.calibration_wizard.endings import Endings
from app.calibration_wizard.pages import Page
from app.calibration_wizard.pair_feed import FeedStatus, OpenPairs, PairFeed
from app.calibration_wizard.preview_watch import PreviewWatch
from app.calibration_wizard.saving import stored_rig
from calibration.board import AnyBoard
from calibration.solve import StereoCalibration
from calibration.stored_rig import StoredRig
from calibration.views import View
from engine.stereo.pair import PairInfo

StartSolving = Callable[[Sequence[View], AnyBoard, float | None], Work[StereoCalibration]]


class WizardPresenter:
    """One calibration, from the board to the file."""

    def __init__(self, open_pairs: OpenPairs, start_solving: StartSolving) -> None:
        self._open_pairs, self._start_solving = open_pairs, start_solving
        self.page = Page.BOARD
        self.form = BoardForm()
        self.known_baseline_m: float | None = None
        self.feed: PairFeed | None = None
        self.watch: BoardWatch | None = None
        self.preview: PreviewWatch | None = None
        self.solving: Work[StereoCalibration] | None = None
        self.result: StereoCalibration | None = None
        self.imported: StoredRig | None = None
        self.saved: Path | None = None
        self.automatic = True
        """Whether views are kept without being asked."""
        self.dropped: tuple[Captured, ...] = ()
        """Views that the person left out of the solution, the last one last."""
        self._board: AnyBoard | None = None
        self._book = Book()
        self._info: PairInfo | None = None
        self._wanted_uri = ""
        self._endings = Endings()

    @property
    def book(self) -> Book:
        """The views that are kept now."""
        return self._book if self.watch is None else self.watch.book

    @property
    def board(self) -> AnyBoard | None:
        """As measured; None until the first page is done, and for an imported rig."""
        return self._board

    @property
    def info(self) -> PairInfo | None:
        """Of the cameras, once they were open."""
        return self._info

    @property
    def uri(self) -> str:
        """Of the chosen cameras; empty without."""
        return self._wanted_uri

    @property
    def stored(self) -> StoredRig | None:
        """What would be saved."""
        if self.imported is not None:
            return self.imported
        return None if self.result is None else stored_rig(self.result, self._info)

    @property
    def feed_status(self) -> FeedStatus:
        return FeedStatus() if self.feed is None else self.feed.status()

    @property
    def opening(self) -> bool:
        """Whether the chosen cameras are not there yet."""
        return bool(self._wanted_uri) and self._info is None and not self.feed_status.failure

    @property
    def live(self) -> bool:
        """Whether live cameras are open."""
        running = self.feed is not None and self.feed.running
        return running and self._info is not None and self._info.live

    @property
    def something_to_lose(self) -> bool:
        """Whether leaving gives up more than a minute's work."""
        return self.saved is None and bool(self.book.views)

    @property
    def can_solve(self) -> bool:
        return len(self.book.views) >= LEAST_VIEWS

    def use_form(self, form: BoardForm) -> None:
        """The board is this one; views of another board are of no use.

        Raises:
            CalibrationError: there is no such board; nothing changed.
        """
        board = form.measured
        self.form, self.imported = form, None
        if self._board is None or board.spec != self._board.spec:
            self._board, self._book, self.result, self.dropped = board, Book(), None, ()
            self._end_watch(keep=False)
        self.go_to(Page.CAMERAS)

    def use_import(self, stored: StoredRig) -> None:
        """A rig of a file instead of a calibration."""
        self.imported, self._board, self.result = stored, None, None
        self._end_watch(keep=False)
        self.go_to(Page.SAVE)

    def choose_cameras(self, uri: str) -> None:
        """Show these from now on; views of others are of no use."""
        if uri != self._wanted_uri:
            self._book, self.result, self.dropped = Book(), None, ()
            self._end_watch(keep=False)
        self._end_feed()
        self._wanted_uri, self._info = uri, None
        self.poll()

    def go_to(self, page: Page) -> None:
        """Show a page; what only another page needs ends."""
        if page is not Page.SOLVE:
            self._end_solving()
        if page is not Page.PREVIEW:
            self._endings.add(self.preview)
            self.preview = None
        self.page = page
        if page is Page.PREVIEW:
            self._begin_preview()
        self.poll()

    def solve(self) -> None:
        """With the views that are kept."""
        assert self._board is not None
        self.go_to(Page.SOLVE)
        self.result = None
        views = [kept.view for kept in self.book.views]
        self.solving = self._start_solving(views, self._board, self.known_baseline_m)

    def drop_view(self, name: str) -> None:
        """Solve again without this view."""
        gone = tuple(kept for kept in self.book.views if kept.view.name == name)
        if gone and len(self.book.views) > LEAST_VIEWS:
            self.dropped += gone
            self._use_book(self.book.without(name))
            self.solve()

    def restore_dropped(self) -> None:
        """Solve again with the view that was dropped last."""
        if self.dropped:
            *rest, last = self.dropped
            self.dropped = tuple(rest)
            self._use_book(self.book.with_view(last))
            self.solve()

    def poll(self) -> None:
        """Take what has ended, begin what waited; to be called several times a second."""
        if self._wanted_uri and self.feed is None and not self._endings.running:
            self.feed = PairFeed(self._open_pairs, self._wanted_uri)
        self._info = self.feed_status.info or self._info
        if self.watch is None and self.feed is not None and self._board is not None:
            self.watch = BoardWatch(self.feed, self._board, self._book)
        if self.watch is not None:
            capturing = self.page is Page.CAPTURE
            # A recording shows each pair once, so none is looked at before it can be kept.
            looking = capturing or (self.page is Page.CAMERAS and self.live)
            self.watch.set_working(looking, self.automatic and capturing)
        if self.solving is not None and self.solving.poll():
            self.result = self.solving.result
            if self.result is not None:
                self.solving = None
                self.go_to(Page.REPORT)

    def leave(self) -> None:
        """Give up whatever was not saved; cameras and threads end by themselves."""
        self._end_solving()
        self._end_watch(keep=False)
        self._endings.add(self.preview)
        self.preview = None
        self._end_feed()
        self._wanted_uri, self._info = "", None
        self._board, self._book, self.result, self.imported = None, Book(), None, None
        self.dropped, self.saved, self.page = (), None, Page.BOARD

    @property
    def running(self) -> bool:
        """Whether something has not ended yet."""
        return self._endings.running or self.feed is not None

    def close(self, timeout_s: float) -> bool:
        """Leave, and wait for cameras and threads; whether all have ended."""
        self.leave()
        return self._endings.stop(timeout_s)

    def _begin_preview(self) -> None:
        stored = self.stored
        if stored is not None and self.preview is None:
            live = self.feed if self.live else None
            self.preview = PreviewWatch(stored.rig, self._board, live)
            if live is None and self.book.views:
                self.preview.show_kept(self.book.views[0])

    def _use_book(self, book: Book) -> None:
        self._book = book
        if self.watch is not None:
            self.watch.use(book)

    def _end_watch(self, keep: bool) -> None:
        if self.watch is not None:
            self._book = self.watch.book if keep else Book()
            self._endings.add(self.watch)
            self.watch = None

    def _end_feed(self) -> None:
        self._end_watch(keep=True)
        self._endings.add(self.preview)
        self._endings.add(self.feed)
        self.feed = self.preview = None

    def _end_solving(self) -> None:
        if self.solving is not None:
            self._endings.add_work(self.solving)
            self.solving = None
