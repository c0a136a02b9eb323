"""Profiles in the window: chosen, damaged, restored, deleted, undone."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from app.banner import Action
from app.enrolment.figures import Page
from app.settings import load_settings
from engine.messages import Side
from tests.app.desk import Desk
from tests.app.profiles.people import damage, make_profile


def test_the_chosen_profile_is_used_and_remembered(qtbot: QtBot, desk: Desk) -> None:
    desk.store.save(make_profile("Ada"))
    desk.run(qtbot)
    desk.window.people.choose("Ada")
    qtbot.waitUntil(lambda: len(desk.sessions) == 2)
    profile = desk.sessions[-1].wish.profile
    assert profile is not None
    assert profile.name == "Ada"
    desk.window.close()
    assert load_settings(desk.path).profile == "Ada"
    again = desk.open_window()
    qtbot.addWidget(again)
    assert again.people.presenter.current == "Ada"
    again.bridge.close()
    sources = again.sources.presenter
    qtbot.waitUntil(lambda: sources.poll() or not sources.searching)


def test_the_list_names_everybody_and_offers_a_new_user(qtbot: QtBot, desk: Desk) -> None:
    desk.store.save(make_profile("Ada"))
    desk.window.people.show()
    box = desk.window.people.bar._list
    words = [box.itemText(k) for k in range(box.count())]
    assert [word for word in words if word] == ["No profile", "Ada", "New user…"]
    box.activated.emit(box.count() - 1)
    assert box.currentText() == "No profile"
    qtbot.waitUntil(lambda: desk.window.enrolment.page is Page.SETUP)


def test_without_a_profile_there_is_nothing_to_reset_or_delete(desk: Desk) -> None:
    desk.store.save(make_profile("Ada"))
    people = desk.window.people
    for name, possible in (("", False), ("Ada", True), ("", False)):
        people.choose(name)
        actions = desk.window.actions_by_name
        assert actions["reset_profile"].isEnabled() is possible
        assert actions["delete_profile"].isEnabled() is possible


def test_a_damaged_profile_is_told_and_tracking_goes_on(qtbot: QtBot, desk: Desk) -> None:
    damage(desk.store, "Broken")
    desk.run(qtbot)
    desk.window.people.choose("Broken")
    qtbot.waitUntil(lambda: "cannot be used" in desk.banner_title)
    assert desk.window.people.bar._list.currentText() == "No profile"
    assert len(desk.sessions) == 1
    assert desk.window.bridge.active


def test_a_damaged_profile_is_marked_and_deleted_in_the_banner(qtbot: QtBot, desk: Desk) -> None:
    damage(desk.store, "Broken")
    desk.store.save(make_profile("Ada"))
    desk.window.people.choose("Ada")
    desk.run(qtbot)
    box = desk.window.people.bar._list
    qtbot.waitUntil(lambda: box.itemText(box.findData("Broken")) == "⚠  Broken")
    assert box.itemText(box.findData("Ada")) == "Ada"
    desk.window.people.choose("Broken")
    banner = desk.window.view.banner
    qtbot.waitUntil(lambda: banner.banner is not None and banner.banner.action is Action.DELETE)
    desk.press(qtbot, Action.DELETE)
    assert desk.store.names() == ("Ada",)
    assert box.currentText() == "Ada"
    assert len(desk.sessions) == 1


def test_the_former_profile_is_restored_in_the_banner(qtbot: QtBot, desk: Desk) -> None:
    for size in (1.0, 2.0):
        desk.store.save(make_profile("Ada", size))
    damage(desk.store, "Ada")
    desk.run(qtbot)
    desk.window.people.choose("Ada")
    banner = desk.window.view.banner
    qtbot.waitUntil(lambda: banner.banner is not None and banner.banner.action is Action.RESTORE)
    desk.press(qtbot, Action.RESTORE)
    vector = desk.store.load("Ada").shapes[Side.RIGHT].vector
    assert vector[0] == make_profile("Ada", 1.0).shapes[Side.RIGHT].vector[0]
    assert desk.window.people.presenter.current == "Ada"


def test_delete_and_undo_are_one_click_each(qtbot: QtBot, desk: Desk) -> None:
    desk.store.save(make_profile("Ada"))
    desk.window.people.choose("Ada")
    session = desk.run(qtbot)
    desk.window.actions_by_name["delete_profile"].trigger()
    assert desk.store.names() == ()
    qtbot.waitUntil(lambda: desk.banner_title == "Ada was deleted")
    qtbot.waitUntil(lambda: desk.sessions[-1] is not session)
    assert desk.sessions[-1].wish.profile is None
    banner = desk.window.view.banner
    assert banner.banner is not None
    assert banner.banner.action is Action.UNDO
    desk.press(qtbot, Action.UNDO)
    assert desk.store.names() == ("Ada",)
    assert desk.window.people.presenter.current == "Ada"
