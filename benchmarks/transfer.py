"""Download and verify, next to curl, pooch, huggingface_hub, aria2c and sha256sum on the same machine.

    python benchmarks/transfer.py [--repeat 5] [--scale 1.0] [--only cold,many,limited,verify] [--json FILE]

Every figure is that of a whole process: start, imports, transfer, verification. `video-censor` is the
command that a user types, with a config and an empty store of its own for each run; `modeltasks` is its
transfer alone. Runs of different clients take turns, so that a busy moment hits all of them. Clients that
are not installed are left out.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MIB = 1024 * 1024

POOCH = """
import json, sys, pooch
pooch.get_logger().disabled = True
for name, size, digest in json.loads(sys.argv[4]):
    pooch.retrieve(sys.argv[2] + name, "sha256:" + digest, name, sys.argv[1])
"""

HUB = """
import json, os, sys
os.environ.update(HF_ENDPOINT=sys.argv[2].rstrip("/"), HF_HUB_DISABLE_XET="1", HF_HUB_DISABLE_TELEMETRY="1")
os.environ.update(HF_HUB_DISABLE_PROGRESS_BARS="1", HF_HUB_CACHE=sys.argv[1])
from concurrent.futures import ThreadPoolExecutor
from huggingface_hub import hf_hub_download
files = json.loads(sys.argv[4])
with ThreadPoolExecutor(min(8, len(files))) as pool:
    list(pool.map(lambda item: hf_hub_download("bench/files", item[0]), files))
"""

FLOOR = """
import hashlib, json, os, queue, sys, threading
def fill(source, target):
    full, free = queue.SimpleQueue(), queue.SimpleQueue()
    for _ in range(8):
        free.put(memoryview(bytearray(262144)))
    def digest():
        hasher = hashlib.sha256()
        while (item := full.get()) is not None:
            buffer, count = item
            hasher.update(buffer[:count])
            free.put(buffer)
    with open(source, "rb", 0) as stream, open(target, "wb", 0) as out:
        thread = threading.Thread(target=digest)
        thread.start()
        while count := stream.readinto(buffer := free.get()):
            out.write(buffer[:count])
            full.put((buffer, count))
        full.put(None)
        thread.join()
for name, size, digest in json.loads(sys.argv[4]):
    fill(os.path.join(sys.argv[3], name), os.path.join(sys.argv[1], name))
"""

HASHLIB = """
import hashlib, json, os, sys
from concurrent.futures import ThreadPoolExecutor
def digest(item):
    with open(os.path.join(sys.argv[1], item[0]), "rb") as stream:
        assert hashlib.file_digest(stream, "sha256").hexdigest() == item[2]
with ThreadPoolExecutor(int(sys.argv[3])) as pool:
    list(pool.map(digest, json.loads(sys.argv[4])))
"""

Files = list[tuple[str, int, str]]


@dataclass(frozen=True, slots=True)
class Client:
    """A program to measure: `command` of (target folder, base URL) gives its command line."""

    name: str
    verifies: bool
    command: Callable[[Path, str], list[str]]


@dataclass(slots=True)
class Result:
    """What the runs of one client took: wall and CPU seconds, peak resident MiB."""

    scenario: str
    client: str
    verifies: bool
    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    peak: list[float] = field(default_factory=list)


def python(code: str, files: Files, third: str) -> Callable[[Path, str], list[str]]:
    return lambda out, base: [sys.executable, "-c", code, str(out), base, third, json.dumps(files)]


def ours(task: str, files: Files, connections: int) -> Callable[[Path, str], list[str]]:
    program = [sys.executable, str(ROOT / "benchmarks" / "ours.py"), task]
    return lambda out, base: [*program, str(out), base, str(connections), json.dumps(files)]


def typed(files: Files) -> Callable[[Path, str], list[str]]:
    """Return the command of a user whose config asks for these files."""

    def command(out: Path, base: str) -> list[str]:
        entries = "".join(
            f'    - {{name: {name}, url: "{base}{name}", checksum: "sha256:{digest}", size_bytes: {size}}}\n'
            for name, size, digest in files
        )
        config = out / "config.yaml"
        config.write_text(f"version: 1\nmodels:\n  cache_dir: {out / 'store'}\n  sources:\n{entries}")
        command = Path(sys.executable).with_name("video-censor")
        return [str(command), "--download-models", "--config", str(config)]

    return command


def shell(line: str) -> Callable[[Path, str], list[str]]:
    return lambda out, base: ["sh", "-ec", line.replace("BASE", base).replace("OUT", str(out))]


def downloaders(files: Files, folder: Path) -> list[Client]:
    names = [name for name, _, _ in files]
    found = [
        Client("floor: write + hash, no network", True, python(FLOOR, files, str(folder))),
        Client("video-censor", True, typed(files)),
        Client("modeltasks", True, ours("fetch", files, 8)),
    ]
    if len(files) == 1:
        found.append(Client("modeltasks, one connection", True, ours("fetch", files, 1)))
    if shutil.which("curl"):
        each = " ".join(f"-o OUT/{name} BASE{name}" for name in names)
        found.append(Client("curl", False, shell(f"curl -sSf {each}")))
        if len(files) > 1:
            found.append(Client("curl -Z", False, shell(f"curl -sSfZ --no-progress-meter {each}")))
        if shutil.which("sha256sum"):
            sums = "".join(f"{digest}  OUT/{name}\\n" for name, _, digest in files)
            check = f"printf '{sums}' | sha256sum -c --quiet"
            found.append(
                Client(
                    "curl -Z, then sha256sum", True, shell(f"curl -sSfZ --no-progress-meter {each}; {check}")
                )
            )
    if find_spec("pooch"):
        found.append(Client("pooch", True, python(POOCH, files, "")))
    if find_spec("huggingface_hub"):
        found.append(Client("huggingface_hub", False, python(HUB, files, "")))
    if shutil.which("aria2c"):
        each = "".join(f"BASE{name}\\n checksum=sha-256={digest}\\n" for name, _, digest in files)
        options = "-q -x8 -s8 -j8 -k1M --file-allocation=none -d OUT -i -"
        found.append(Client("aria2c -x8, checksum", True, shell(f"printf '{each}' | aria2c {options}")))
    return found


def verifiers(files: Files, folder: Path) -> list[Client]:
    names = " ".join(str(folder / name) for name, _, _ in files)
    found = [
        Client("hashlib, two threads", True, lambda _out, base: python(HASHLIB, files, "2")(folder, base)),
        Client("modeltasks", True, lambda _out, base: ours("verify", files, 1)(folder, base)),
    ]
    if shutil.which("sha256sum"):
        found.append(Client("sha256sum", True, shell(f"sha256sum {names} >/dev/null")))
    return found


def measure(command: list[str]) -> tuple[float, float, float]:
    """Run a command; return wall seconds, CPU seconds and peak resident MiB, children included."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path[1:]])}
    environment.pop("VIDEO_CENSOR_CACHE_DIR", None)
    with tempfile.TemporaryFile("w+") as told:
        started = time.perf_counter()
        process = subprocess.Popen(command, env=environment, stderr=told)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            told.seek(0)
            raise SystemExit(f"{command[:2]} failed with {process.returncode}:\n{told.read()}")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def compare(scenario: str, clients: list[Client], base: str, scratch: Path, repeat: int) -> list[Result]:
    results = [Result(scenario, client.name, client.verifies) for client in clients]
    for _ in range(repeat):
        for client, result in zip(clients, results, strict=True):
            out = Path(tempfile.mkdtemp(dir=scratch))
            wall, cpu, peak = measure(client.command(out, base))
            shutil.rmtree(out)
            result.wall.append(wall)
            result.cpu.append(cpu)
            result.peak.append(peak)
    return results


@contextlib.contextmanager
def serving(folder: Path, *options: str) -> Iterator[str]:
    command = [sys.executable, str(ROOT / "benchmarks" / "fileserver.py"), str(folder), *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}/"
        finally:
            process.kill()


def make_files(folder: Path, prefix: str, count: int, size: int) -> Files:
    """Write files of random bytes; return their names, sizes and SHA-256."""
    made = []
    for number in range(count):
        path = folder / f"{prefix}{number}"
        hasher, rng = hashlib.sha256(), random.Random(number)
        with path.open("wb") as stream:
            for start in range(0, size, MIB):
                data = rng.randbytes(min(MIB, size - start))
                hasher.update(data)
                stream.write(data)
        made.append((path.name, size, hasher.hexdigest()))
    return made


def size_of(files: Files) -> str:
    return f"{files[0][1] / MIB:.0f} MiB"


def table(results: list[Result]) -> str:
    lines = ["| | wall s (least-most) | CPU s | peak MiB | verified | x ours |", "|---|---|---|---|---|---|"]
    names = ("video-censor", "modeltasks")
    ours = next(statistics.median(each.wall) for each in results if each.client in names)
    for each in results:
        wall = statistics.median(each.wall)
        lines.append(
            f"| {each.client} | {wall:.2f} ({min(each.wall):.2f}-{max(each.wall):.2f}) "
            f"| {statistics.median(each.cpu):.2f} | {max(each.peak):.0f} "
            f"| {'yes' if each.verifies else 'no'} | {wall / ours:.2f} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Run the scenarios and print a table for each."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--scale", type=float, default=1.0, help="of the file sizes")
    parser.add_argument("--only", default="cold,many,limited,verify")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--scratch", type=Path, help="a folder on the disk to measure")
    options = parser.parse_args()
    wanted = options.only.split(",")
    results: list[Result] = []

    def show(title: str, found: list[Result]) -> None:
        print(f"\n{title}\n\n{table(found)}", flush=True)
        results.extend(found)

    with tempfile.TemporaryDirectory(dir=options.scratch) as name:
        scratch = Path(name)
        folder = scratch / "served"
        folder.mkdir()
        mib = int(options.scale * MIB)
        if "cold" in wanted:
            files = make_files(folder, "large", 1, 1024 * mib)
            with serving(folder) as base:
                clients = downloaders(files, folder)
                show(
                    f"1 x {size_of(files)}, loopback", compare("cold", clients, base, scratch, options.repeat)
                )
        many = make_files(folder, "many", 8, 128 * mib) if {"many", "verify"} & set(wanted) else []
        if "many" in wanted:
            with serving(folder) as base:
                clients = downloaders(many, folder)
                show(
                    f"8 x {size_of(many)}, loopback", compare("many", clients, base, scratch, options.repeat)
                )
        if "limited" in wanted:
            files = make_files(folder, "limited", 1, 256 * mib)
            with serving(folder, "--rate", "25e6", "--latency", "0.05") as base:
                clients = downloaders(files, folder)
                title = f"1 x {size_of(files)}, 25 MB/s per connection, 50 ms before each answer"
                show(title, compare("limited", clients, base, scratch, options.repeat))
        if "verify" in wanted:
            show(
                "verify 8 x 128 MiB, warm",
                compare("verify", verifiers(many, folder), "", scratch, options.repeat),
            )
    if options.json:
        options.json.write_text(json.dumps([asdict(each) for each in results], indent=1) + "\n")


if __name__ == "__main__":
    main()
