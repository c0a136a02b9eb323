"""Every kind of record damaged, every cut: nothing is read silently, all that is whole is kept."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from mcap.opcode import Opcode

from engine.recording.layout import SessionError
from engine.recording.reader import SessionReader
from engine.recording.repair import repair
from engine.recording.verify import verify
from tests.engine.recording.sameness import same
from tests.fakes.session_files import FRAMES, FRAMES_IN_CHUNK, Piece, flipped, pieces, write_session
from tests.fakes.sessions import scene_of, stereo_frame

ORIGINALS = {k: stereo_frame(k) for k in range(FRAMES)}


@dataclass(frozen=True, slots=True)
class Desk:
    """A whole session and room for damaged ones."""

    folder: Path
    data: bytes
    pieces: list[Piece]

    def put(self, data: bytes) -> Path:
        """The only file of the folder."""
        for old in self.folder.iterdir():
            old.unlink()
        path = self.folder / "damaged.mcap"
        path.write_bytes(data)
        return path


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    whole = write_session(tmp_path_factory.mktemp("whole") / "a.mcap").read_bytes()
    return Desk(tmp_path_factory.mktemp("damaged"), whole, pieces(whole))


def check_never_silent(path: Path) -> None:
    """Reading gives all that was recorded, or a sentence."""
    sentence = ""
    try:
        with SessionReader(path) as reader:
            assert reader.frame_count == FRAMES
            for index in reversed(range(FRAMES)):
                assert same(reader.frame(index), ORIGINALS[index])
                assert reader.times_ns[index] == ORIGINALS[index].time_ns
            assert [scene.sequence for scene in reader.scenes()] == list(range(FRAMES))
            assert len(list(reader.events())) == 1
    except SessionError as error:
        sentence = str(error)
    assert "\n" not in sentence
    assert not sentence or "python main.py" in sentence or "newer program" in sentence


def check_repaired(path: Path, least: int) -> tuple[int, bool]:
    """Repair; frames kept, and whether it says that nothing was lost."""
    before = path.read_bytes()
    report = repair(path)
    assert path.read_bytes() == before
    assert verify(report.target).good
    with SessionReader(report.target) as reader:
        kept = list(reader.frames())
        scenes = list(reader.scenes())
        assert same(tuple(kept), tuple(ORIGINALS[frame.sequence] for frame in kept))
        assert len(kept) == report.frames >= least
        everything = len(kept) == len(scenes) == FRAMES and len(list(reader.events())) == 1
        assert scenes[0].hands[0].hand_id == scene_of(ORIGINALS[0]).hands[0].hand_id
    if report.lossless:
        assert everything
    else:
        assert report.losses or report.lost
    if report.lost_is_certain:
        assert report.lost.get("/frame", 0) == FRAMES - len(kept)
        assert report.lost.get("/hands", 0) == FRAMES - len(scenes)
    return len(kept), report.lossless


KINDS = (
    Opcode.HEADER,
    Opcode.METADATA,
    Opcode.CHUNK,
    Opcode.MESSAGE_INDEX,
    Opcode.ATTACHMENT,
    Opcode.DATA_END,
    Opcode.SCHEMA,
    Opcode.CHANNEL,
    Opcode.STATISTICS,
    Opcode.CHUNK_INDEX,
    Opcode.ATTACHMENT_INDEX,
    Opcode.METADATA_INDEX,
    Opcode.SUMMARY_OFFSET,
    Opcode.FOOTER,
)


def places_in(piece: Piece) -> list[int]:
    """Opcode, low and high bytes of the length, and a spread over the content."""
    head = [piece.begin + k for k in (0, 1, 3, 8, 9, 12, 25, 33, 37, 41, 46)]
    spread = range(piece.begin, piece.end, max((piece.end - piece.begin) // 4, 1))
    inside = {place for place in (*head, *spread) if place < piece.end}
    return sorted({*inside, piece.end - 1, piece.end - 4})


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_flipped_byte_is_never_silent_and_costs_at_most_its_chunk(desk: Desk, kind: Opcode) -> None:
    of_kind = [piece for piece in desk.pieces if piece.opcode == kind]
    assert of_kind
    piece = of_kind[len(of_kind) // 2]
    for count, place in enumerate(places_in(piece)):
        path = desk.put(flipped(desk.data, place, mask=1 << (count % 8)))
        report = verify(path)
        assert not report.good, place
        assert 'repair "' in report.sentence
        check_never_silent(path)
        if count % 3 and kind != Opcode.CHUNK:
            continue  # Repairing costs much more than looking.
        kept, lossless = check_repaired(path, least=FRAMES - FRAMES_IN_CHUNK)
        if kind != Opcode.CHUNK:
            assert kept == FRAMES, place
            assert lossless, place


@pytest.mark.parametrize("place", range(-8, 8))
def test_flipped_byte_of_the_first_and_last_bytes(desk: Desk, place: int) -> None:
    path = desk.put(flipped(desk.data, place % len(desk.data)))
    if place == 5:  # The digit of MCAP's version.
        with pytest.raises(SessionError, match="of version 1 of MCAP"):
            verify(path)
        return
    assert not verify(path).good
    check_never_silent(path)
    assert check_repaired(path, least=FRAMES) == (FRAMES, True)


def test_flipped_byte_in_every_chunk(desk: Desk) -> None:
    """The first has the calibration; what is behind a bad one is kept."""
    for piece in desk.pieces:
        if piece.opcode == Opcode.CHUNK:
            path = desk.put(flipped(desk.data, piece.end - 100))
            _, lossless = check_repaired(path, least=FRAMES - FRAMES_IN_CHUNK)
            assert not lossless
            assert not verify(path).good


@pytest.mark.slow
def test_cut_at_every_border(desk: Desk) -> None:
    """And one byte before and behind it."""
    first_frames = [p for p in desk.pieces if p.opcode == Opcode.CHUNK][1].end
    tried: set[tuple[Opcode, int]] = set()
    for piece in desk.pieces:
        for cut in (piece.begin - 1, piece.begin, piece.begin + 1):
            path = desk.put(desk.data[:cut])
            check_never_silent(path)
            try:
                report = verify(path)
            except SessionError:
                assert cut <= first_frames
                continue
            assert not report.good
            assert report.damages
            if cut < first_frames:
                with pytest.raises(SessionError, match="not a single frame"):
                    repair(path)
                continue
            if (piece.opcode, cut - piece.begin) in tried:
                continue  # Repairing costs much more than looking.
            tried.add((piece.opcode, cut - piece.begin))
            _, lossless = check_repaired(path, least=FRAMES_IN_CHUNK)
            data_end = next(p for p in desk.pieces if p.opcode == Opcode.DATA_END).end
            assert lossless == (cut >= data_end)


def test_longer_file_is_damaged(desk: Desk) -> None:
    path = desk.put(desk.data + b"more")
    assert not verify(path).good
    check_never_silent(path)
    assert check_repaired(path, least=FRAMES) == (FRAMES, True)


def test_lost_header_costs_no_frame(desk: Desk) -> None:
    piece = next(p for p in desk.pieces if p.opcode == Opcode.METADATA)
    path = desk.put(
        desk.data[: piece.begin] + bytes(piece.end - piece.begin) + desk.data[piece.end :]
    )
    check_never_silent(path)
    kept, _ = check_repaired(path, least=FRAMES)
    assert kept == FRAMES
    with SessionReader(path.with_name("damaged.repaired.mcap")) as reader:
        assert reader.header.camera == ORIGINALS[0].camera
        assert len(reader.header.pictures) == 2
        assert reader.header.fps == pytest.approx(30.0, rel=1e-6)


def test_claimed_lengths_allocate_nothing(desk: Desk) -> None:
    """A chunk that claims the greatest possible sizes, in its record and within it."""
    chunk = [p for p in desk.pieces if p.opcode == Opcode.CHUNK][1]
    for place in (chunk.begin + 1, chunk.begin + 9 + 16, chunk.begin + 9 + 28, chunk.begin + 50):
        data = desk.data[:place] + b"\xff" * 7 + b"\x7f" + desk.data[place + 8 :]
        path = desk.put(data)
        assert not verify(path).good
        check_never_silent(path)
        check_repaired(path, least=FRAMES - FRAMES_IN_CHUNK)


def test_zeros_in_the_middle_cost_what_they_cover(desk: Desk) -> None:
    """As of a disk that lost a block; without the summary's help too."""
    chunks = [p for p in desk.pieces if p.opcode == Opcode.CHUNK]
    begin, end = chunks[2].begin - 60, chunks[2].begin + 4000
    holed = desk.data[:begin] + bytes(end - begin) + desk.data[end:]
    for data in (holed, holed[:-30]):
        path = desk.put(data)
        check_never_silent(path)
        kept, lossless = check_repaired(path, least=FRAMES - FRAMES_IN_CHUNK)
        assert kept == FRAMES - FRAMES_IN_CHUNK
        assert not lossless
