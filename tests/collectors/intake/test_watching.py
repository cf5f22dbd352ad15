"""Files put into a folder: taken whole, once, whatever happens meanwhile."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from collectors.intake.folder import DONE, WORKING, Folder, FolderError
from collectors.intake.watching import Watch
from models.store.engine import Pool
from models.store.state import state_hash
from tests.making import at, load

ROOT = Path(__file__).parents[3]


def an_event(number: int, type: str = "contract.signed") -> str:
    keys = {"contract": f"SOW-{number % 7}"}
    return json.dumps(
        {"specversion": "1.0", "source": "clm", "id": f"e{number}", "type": type, "time": "2026-03-02T10:15:00Z",
         "data": {"keys": keys}}
    )  # fmt: skip


def a_trace(number: int) -> str:
    said = [{"key": "throughline.transaction.id", "value": {"stringValue": f"T-{number}"}}]
    span = {
        "traceId": f"{number + 1:032x}", "spanId": f"{number + 1:016x}", "name": "flow", "attributes": said,
        "startTimeUnixNano": "1774000000000000000", "endTimeUnixNano": "1774000001000000000",
    }  # fmt: skip
    return json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]})


def write(folder: Path, name: str, *lines: str, end: str = "\n") -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text("\n".join(lines) + end)
    return path


def count(pool: Pool, table: str) -> int:
    with pool.connection() as connection:
        return connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # type: ignore[arg-type, index]


def quarantined(pool: Pool) -> list[tuple]:
    with pool.connection() as connection:
        return connection.execute("SELECT source, stream, format, reason, count FROM quarantine").fetchall()


@pytest.fixture
def watch(pool: Pool, tmp_path: Path) -> Watch:
    load(pool)
    return Watch(pool, Folder(tmp_path / "in", 0))


def left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.is_file())


def test_events_and_spans_of_whole_files_are_taken_and_the_files_put_aside(
    watch: Watch, pool: Pool, tmp_path: Path
) -> None:
    folder = tmp_path / "in"
    write(folder, "events.jsonl", an_event(1), "", an_event(2), a_trace(1))
    write(folder, "traces.json", a_trace(2), '{"resourceMetrics": []}')
    assert watch.look() == 2
    assert (count(pool, "event"), count(pool, "span"), quarantined(pool)) == (4, 2, [])
    assert left(folder) == left(folder / WORKING) == []
    assert [name.split("-", 2)[2] for name in left(folder / DONE)] == ["events.jsonl", "traces.json"]
    assert watch.look() == 0


def test_the_same_lines_in_another_file_add_nothing(watch: Watch, pool: Pool, tmp_path: Path) -> None:
    for _ in range(2):
        write(tmp_path / "in", "events.jsonl", an_event(1), a_trace(1))
        assert watch.look() == 1
    assert (count(pool, "event"), count(pool, "span")) == (2, 1)
    assert len(left(tmp_path / "in" / DONE)) == 2


def test_half_written_files_and_those_still_written_to_are_left_alone(pool: Pool, tmp_path: Path) -> None:
    load(pool)
    folder = tmp_path / "in"
    half = write(folder, "half.jsonl", an_event(1), an_event(2)[:40], end="")
    for name in (".hidden", "copy.tmp", "copy.part"):
        write(folder, name, an_event(3))
    (folder / "empty.jsonl").touch()
    (folder / "link.jsonl").symlink_to(write(tmp_path, "elsewhere.jsonl", an_event(4)))
    (folder / "deeper").mkdir()
    assert Watch(pool, Folder(folder, 0)).look() == 0
    half.write_text(f"{an_event(1)}\n{an_event(2)}\n")
    assert Watch(pool, Folder(folder, 60)).look() == 0
    os.utime(half, (half.stat().st_atime, half.stat().st_mtime - 61))
    assert Watch(pool, Folder(folder, 60)).look() == 1
    assert count(pool, "event") == 2
    assert left(folder) == [".hidden", "copy.part", "copy.tmp", "empty.jsonl", "link.jsonl"]


def test_a_file_that_is_written_to_after_it_was_done_is_read_on(watch: Watch, pool: Pool, tmp_path: Path) -> None:
    path = write(tmp_path / "in", "live.jsonl", an_event(1))
    with path.open("a") as writer:
        assert watch.look() == 1
        writer.write(f"{an_event(2)}\n{an_event(3)[:30]}")
        writer.flush()
        assert watch.look() == 0
        assert count(pool, "event") == 2
        writer.write(f"{an_event(3)[30:]}\n")
        writer.flush()
        assert watch.look() == 1
    assert count(pool, "event") == 3
    assert quarantined(pool) == []


def test_bad_lines_wait_in_quarantine_and_the_others_go_on(watch: Watch, pool: Pool, tmp_path: Path) -> None:
    bad = [
        "no json",
        '{"a": 1}',
        "[" * 10_000,
        an_event(5, "no.such"),
        '{"resourceSpans": 7}',
        a_trace(3).replace("0004", "00xx"),
    ]
    path = write(tmp_path / "in", "mixed.jsonl", an_event(1), *bad, an_event(2))
    path.write_bytes(path.read_bytes() + b"\xff\xfe\n" + an_event(3).encode() + b"\n")
    assert watch.look() == 1
    assert count(pool, "event") == 3
    found = quarantined(pool)
    assert [row[4] for row in found] == [1] * 7
    assert {(row[1], row[2]) for row in found} == {("folder", "cloudevent"), ("traces", "otlp")}
    assert ("clm", "folder", "cloudevent", "unknown_type: no loaded process declares 'no.such'", 1) in found


def test_a_folder_that_cannot_be_used_is_told(pool: Pool, tmp_path: Path) -> None:
    (tmp_path / "in").write_text("a file")
    with pytest.raises(FolderError, match="name a folder that this program may write to"):
        Watch(pool, Folder(tmp_path / "in", 0)).look()


def test_two_that_watch_one_folder_take_every_file_once(watch: Watch, pool: Pool, tmp_path: Path) -> None:
    other = Watch(pool, Folder(tmp_path / "in", 0))
    for number in range(20):
        write(tmp_path / "in", f"{number}.jsonl", *(an_event(number * 10 + one) for one in range(10)), "bad")
    threads = [threading.Thread(target=one.look) for one in (watch, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    watch.look()
    assert count(pool, "event") == 200
    assert len(left(tmp_path / "in" / DONE)) == 20
    assert quarantined(pool)[0][4] == 20


VICTIM = """
import sys
from pathlib import Path
from collectors.intake.folder import Folder
from collectors.intake import watching
from models.store.engine import open_pool
watching._LINES = 50
with open_pool(sys.argv[1], max_size=2) as pool:
    print("begun", flush=True)
    watching.Watch(pool, Folder(Path(sys.argv[2]), 0)).look()
"""


def test_killed_at_random_moments_nothing_is_lost_or_taken_twice(database: str, pool: Pool, tmp_path: Path) -> None:
    load(pool)
    folder = tmp_path / "in"
    chance = random.Random(3)
    for number in range(4):
        lines = [an_event(number * 500 + one) for one in range(500)]
        lines += [a_trace(number * 500 + one) for one in range(100)]
        lines += [f"bad {number} {one}" for one in range(20)]
        chance.shuffle(lines)
        write(folder, f"{number}.jsonl", *lines)
    kills = 0
    for _ in range(8):
        process = subprocess.Popen(
            [sys.executable, "-c", VICTIM, database, str(folder)],
            cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE,
        )  # fmt: skip
        assert process.stdout is not None
        assert process.stdout.readline() == b"begun\n"
        timer = threading.Timer(chance.uniform(0.02, 0.5), process.kill)
        timer.start()
        kills += process.wait() != 0
        timer.cancel()
        process.stdout.close()
    assert kills > 2
    Watch(pool, Folder(folder, 0)).look()
    assert len(left(folder / DONE)) == 4
    assert left(folder / WORKING) == []
    assert (count(pool, "event"), count(pool, "span")) == (2_400, 400)
    found = quarantined(pool)
    assert (len(found), {row[4] for row in found}) == (80, {1})
    with pool.connection() as connection:
        assert state_hash(connection, at(10_000))
