"""Labels in the camera's picture."""

from PySide6.QtCore import QRectF

from app.tracking.camera_pane import clear_of

HEIGHT = 200.0


def test_a_label_that_covers_nothing_stays() -> None:
    label = QRectF(100, 50, 80, 18)
    assert clear_of([QRectF(0, 50, 80, 18)], QRectF(label), HEIGHT) == label


def test_a_label_moves_below_the_one_it_would_cover() -> None:
    other = QRectF(60, 50, 80, 18)
    moved = clear_of([other], QRectF(100, 55, 80, 18), HEIGHT)
    assert not moved.intersects(other)
    assert moved.x() == 100
    assert moved.top() > other.bottom()


def test_at_the_lower_end_it_moves_above() -> None:
    other = QRectF(60, 180, 80, 18)
    moved = clear_of([other], QRectF(100, 181, 80, 18), HEIGHT)
    assert not moved.intersects(other)
    assert moved.bottom() < other.top()
