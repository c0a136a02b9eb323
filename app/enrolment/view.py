"""The enrolment in the side column: one page after the other. Holds no logic."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QStackedWidget, QVBoxLayout

from app import theme
from app.enrolment.figures import Page
from app.enrolment.guide_page import GuidePage
from app.enrolment.message_page import MessagePage
from app.enrolment.result_page import ResultPage
from app.enrolment.setup_page import SetupPage


class EnrolmentCard(QFrame):
    """All pages; `show_page` chooses."""

    cancelled = Signal()
    """Leave the enrolment, from whatever page."""

    def __init__(self) -> None:
        super().__init__()
        theme.styled(self, "card")
        self.setup = SetupPage()
        self.guide = GuidePage()
        self.working = MessagePage("Measuring your hand", "Cancel", busy=True)
        self.failed = MessagePage("The hand could not be measured", "Close", busy=False)
        self.result = ResultPage()
        self._pages = {
            Page.SETUP: self.setup,
            Page.GUIDE: self.guide,
            Page.WORKING: self.working,
            Page.FAILED: self.failed,
            Page.RESULT: self.result,
        }
        self._stack = QStackedWidget()
        for page in self._pages.values():
            self._stack.addWidget(page)
        for left in (
            self.setup.cancel_asked,
            self.guide.cancel_asked,
            self.working.left,
            self.failed.left,
            self.result.discard_asked,
        ):
            left.connect(self.cancelled)
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 12, 14, 13)
        column.addWidget(self._stack)

    @property
    def page(self) -> Page:
        return next(page for page, widget in self._pages.items() if widget is self._current)

    def show_page(self, page: Page) -> None:
        """Any page but CLOSED: then nobody sees the card."""
        if page is not Page.CLOSED and self._pages[page] is not self._current:
            self._stack.setCurrentWidget(self._pages[page])

    @property
    def _current(self) -> object:
        return self._stack.currentWidget()
