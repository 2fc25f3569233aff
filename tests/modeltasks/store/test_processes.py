"""What several processes, and processes that are killed, leave in a store."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from modeltasks.store.store import Store
from tests.modeltasks.store.models import LINUX, fetch, spec_of, stored

FETCH = """
import sys
from pathlib import Path
from modeltasks.support.cancel import CancelToken
from modeltasks.store.store import Store
from tests.modeltasks.store.models import LINUX, fetch, spec_of
root, log = Path(sys.argv[1]), Path(sys.argv[2])
for number in range(5):
    contents = {f"file{each}": bytes([number, each]) * 1000 for each in range(3)}
    for did in fetch(Store(root, LINUX), spec_of(contents, f"m{number}"), contents):
        with log.open("a") as stream:
            stream.write(did + chr(10))
"""


def test_eight_processes_on_one_store_fetch_each_file_once(tmp_path: Path) -> None:
    log = tmp_path / "log"
    command = [sys.executable, "-c", FETCH, str(tmp_path / "store"), str(log)]
    processes = [subprocess.Popen(command) for _ in range(8)]
    assert [process.wait() for process in processes] == [0] * 8
    did = log.read_text().split()
    assert did.count("fetched") == 15
    # Whoever looked before another was done, and found it done afterwards, says "kept".
    assert did.count("current") + did.count("kept") == 7 * 15


CRASH = """
import json, os, signal, sys
from pathlib import Path
from modeltasks.support.cancel import CancelToken
from modeltasks.store.store import Store
from tests.modeltasks.store.models import LINUX, fetch, publish, spec_of, stored

OLD = {"a": b"old a", "b": b"same"}
NEW = {"a": b"new a!", "b": b"same"}
base, steps = Path(sys.argv[1]), []

def child(store, last):
    # Every operation on the file system is an audit event: die just before the `last`th.
    count = 0
    def hook(event, arguments):
        nonlocal count
        if event == "open" or event.startswith("os."):
            count += 1
            if count == last:
                os.kill(os.getpid(), signal.SIGKILL)
    sys.addaudithook(hook)
    fetch(store, spec_of(NEW), NEW)
    os._exit(0)

for last in range(1, 1000):
    store, old = stored(base / str(last), OLD)
    new = spec_of(NEW)
    pid = os.fork()
    if not pid:
        child(store, last)
    _, status = os.waitpid(pid, 0)
    content = {name: (store.layout.directory("model") / name).read_bytes() for name in OLD}
    steps.append({
        "killed": os.WIFSIGNALED(status),
        "a": content["a"].decode(),
        "b": content["b"].decode(),
        "old": store.why_stale(old),
        "new": store.why_stale(new),
        "healed": fetch(store, new, NEW),
        "after": store.why_stale(new),
        "content": (store.layout.directory("model") / "a").read_bytes().decode(),
    })
    if os.WIFEXITED(status):
        break
print(json.dumps(steps))
"""


def test_killed_at_every_step_of_publishing(tmp_path: Path) -> None:
    output = subprocess.run(
        [sys.executable, "-c", CRASH, str(tmp_path)], capture_output=True, check=True
    ).stdout
    steps = json.loads(output)
    *killed, finished = steps
    assert len(killed) > 20
    assert all(step["killed"] for step in killed)
    for number, step in enumerate(steps, 1):
        assert step["a"] in ("old a", "new a!"), f"half a file at step {number}"
        assert step["b"] == "same"
        assert step["old"] is not None or step["a"] == "old a", f"a lie about the old file at step {number}"
        assert step["new"] is not None or step["a"] == "new a!", f"a lie about the new file at step {number}"
        assert step["after"] is None
        assert step["content"] == "new a!"
        assert step["healed"][0] in (["fetched"] if step["a"] == "old a" else ["kept", "current"])
        assert step["healed"][1] == "current"
    assert finished["healed"] == ["current", "current"]
    assert {"old a", "new a!"} == {step["a"] for step in killed}, "kills on both sides of the rename"


def test_a_lost_receipt_costs_a_hash_and_no_byte(tmp_path: Path) -> None:
    contents = {"a": b"a" * 1000, "b": b"b"}
    store, spec = stored(tmp_path, contents)
    for path in store.layout.receipts.iterdir():
        path.write_bytes(b"\0" * 10)
    assert fetch(store, spec, {}) == ["kept", "kept"]
    store.receipts.forget("model")
    assert fetch(Store(tmp_path, LINUX), spec_of(contents), {}) == ["kept", "kept"]
    assert store.why_stale(spec) is None
