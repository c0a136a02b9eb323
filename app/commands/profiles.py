"""`profiles`: the people this program knows; show, reset, delete, rename, restore one."""

from __future__ import annotations

import argparse

from app.commands.enrol import measure_lines
from engine.adaptation.bone_lengths import measures
from engine.adaptation.profile import Profile, ProfileError
from engine.adaptation.profile_store import ListedProfile, ProfileStore
from engine.hand.model import load_hand_model
from engine.inference.fitting import nothing_known
from engine.messages import Side

ACTIONS = ("show", "reset", "delete", "rename", "restore")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "action", nargs="?", choices=ACTIONS, metavar="|".join(ACTIONS), help="default: list all"
    )
    parser.add_argument("name", nargs="?", metavar="NAME")
    parser.add_argument("new_name", nargs="?", metavar="NEW", help="with rename")
    parser.add_argument(
        "--shape", action="store_true", help="with reset: forget the hand's shape too"
    )


def run(args: argparse.Namespace) -> int:
    store = ProfileStore()
    if args.action is None:
        print("\n".join(_list_lines(store)))
        return 0
    if args.name is None or (args.action == "rename") != (args.new_name is not None):
        what = "OLD NEW" if args.action == "rename" else "NAME"
        raise ProfileError(f"Write `python main.py profiles {args.action} {what}`.")
    _ACTIONS[args.action](store, args)
    return 0


def _show(store: ProfileStore, args: argparse.Namespace) -> None:
    opened = store.open(args.name)
    print("\n".join([*opened.sentences, *_profile_lines(opened.profile)]))


def _reset(store: ProfileStore, args: argparse.Namespace) -> None:
    store.reset(args.name, keep_shapes=not args.shape)
    kept = "nothing else is kept" if args.shape else "the hand's shape is kept"
    print(f"The adapted weights of '{args.name}' are forgotten; {kept}.")


def _delete(store: ProfileStore, args: argparse.Namespace) -> None:
    store.delete(args.name)
    print(f"The profile '{args.name}' is deleted.")


def _rename(store: ProfileStore, args: argparse.Namespace) -> None:
    profile = store.rename(args.name, args.new_name)
    print(f"The profile '{args.name}' is now called '{profile.name}'.")


def _restore(store: ProfileStore, args: argparse.Namespace) -> None:
    profile = store.restore_former(args.name)
    print(f"The profile '{args.name}' is again as of {profile.updated}.")


_ACTIONS = dict(zip(ACTIONS, (_show, _reset, _delete, _rename, _restore), strict=True))


def _list_lines(store: ProfileStore) -> list[str]:
    listed = store.listed()
    if not listed:
        return [
            f"No profiles in '{store.folder}'. Make one with "
            "`python main.py enrol SOURCE --profile NAME`."
        ]
    width = max(len(entry.name) for entry in listed)
    return [_list_line(entry, width) for entry in listed]


def _list_line(entry: ListedProfile, width: int) -> str:
    if entry.profile is None:
        way_out = " The former one is whole." if entry.has_former else ""
        return f"{entry.name:{width}}  damaged. {entry.problem}{way_out}"
    profile = entry.profile
    hands = " and ".join(side.value for side in Side if side in profile.shapes) or "no"
    adapted = "adapted weights" if profile.weights is not None else "shipped weights"
    return f"{entry.name:{width}}  {profile.updated}  {hands} hand, {adapted}"


def _profile_lines(profile: Profile) -> list[str]:
    came = profile.provenance
    adapted = f"{len(profile.weights) / 1e6:.1f} MB" if profile.weights else "none, as shipped"
    lines = [
        f"{profile.name}: made {profile.created}, last written {profile.updated}",
        f"learnt from {came.frames} frames of {came.sensor or 'an unknown sensor'} ({came.source})",
        f"adapted weights: {adapted}; decisions accepted: {came.decisions}",
    ]
    lines += [f"{g.what}: {g.before:g} -> {g.after:g} {g.unit}" for g in came.gains]
    model = load_hand_model()
    for side in Side:
        if side in profile.shapes:
            table = measure_lines(measures(model, profile.shapes[side], nothing_known()))
            lines += ["", f"{side.value} hand", *table]
    return lines
