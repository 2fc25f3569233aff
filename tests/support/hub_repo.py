"""Repositories of the test hub, and the JSON in which a hub describes them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_LFS_SUFFIXES = (".bin", ".onnx", ".safetensors", ".gguf", ".pt", ".pth", ".ckpt", ".zip")


def git_sha1(content: bytes) -> str:
    """Git's blob id of `content`."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def sha256(content: bytes) -> str:
    """SHA-256 of `content`, in hex."""
    return hashlib.sha256(content).hexdigest()


def is_lfs(path: str) -> bool:
    """Whether the hub keeps a file of that name in LFS."""
    return path.endswith(_LFS_SUFFIXES)


@dataclass
class Repo:
    """One repository: its commits (newest last), and what its page says."""

    id: str
    uid: str
    commits: dict[str, dict[str, bytes]] = field(default_factory=dict)
    branches: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    card: dict[str, Any] = field(default_factory=lambda: {"license": "mit"})
    library: str | None = "onnx"
    pipeline_tag: str | None = "image-classification"
    private: bool = False
    gated: bool | str = False
    disabled: bool = False
    downloads: int = 10
    last_modified: str = "2026-09-25T08:49:23.000Z"

    def commit(self, files: Mapping[str, bytes], branch: str = "main") -> str:
        """Make a commit holding exactly `files` the head of `branch`; returns its id."""
        listing = "".join(f"{path} {sha256(content)}\n" for path, content in sorted(files.items()))
        sha = hashlib.sha1(f"{self.id} {len(self.commits)}\n{listing}".encode()).hexdigest()
        self.commits[sha] = dict(files)
        self.branches[branch] = sha
        return sha

    @property
    def head(self) -> str:
        """Commit of `main`."""
        return self.branches["main"]

    def find(self, revision: str) -> str | None:
        """Commit that a branch, tag, `refs/...` name or commit id stands for."""
        name = revision.removeprefix("refs/heads/").removeprefix("refs/tags/")
        found = self.branches.get(name) or self.tags.get(name) or self.branches.get(revision)
        return found or (revision if revision in self.commits else None)


def info_of(repo: Repo, commit: str, sizes: bool) -> dict[str, Any]:
    siblings = []
    for path, content in repo.commits[commit].items():
        sibling: dict[str, Any] = {"rfilename": path}
        if sizes:
            listed = entry(path, content)
            sibling |= {"blobId": listed["oid"], "size": len(content)}
            if "lfs" in listed:
                sibling["lfs"] = {"sha256": listed["lfs"]["oid"], "size": len(content), "pointerSize": 132}
        siblings.append(sibling)
    page = {
        "_id": repo.uid,
        "id": repo.id,
        "modelId": repo.id,
        "author": repo.id.partition("/")[0],
        "sha": commit,
        "lastModified": repo.last_modified,
        "createdAt": "2024-01-02T03:04:05.000Z",
        "private": repo.private,
        "gated": repo.gated,
        "disabled": repo.disabled,
        "downloads": repo.downloads,
        "likes": 0,
        "tags": ["region:us"],
        "cardData": repo.card,
        "siblings": siblings,
        "a key of tomorrow": {"x": 1},
    }
    if repo.library:
        page["library_name"] = repo.library
    if repo.pipeline_tag:
        page["pipeline_tag"] = repo.pipeline_tag
    return page


def refs(kind: str, names: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"name": name, "ref": f"refs/{kind}/{name}", "targetCommit": sha} for name, sha in names.items()]


def entry(path: str, content: bytes) -> dict[str, Any]:
    if not is_lfs(path):
        return {"type": "file", "path": path, "oid": git_sha1(content), "size": len(content)}
    digest = sha256(content)
    pointer = (
        f"version https://git-lfs.github.com/spec/v1\noid sha256:{digest}\nsize {len(content)}\n".encode()
    )
    return {
        "type": "file",
        "path": path,
        "oid": git_sha1(pointer),
        "size": len(content),
        "lfs": {"oid": digest, "size": len(content), "pointerSize": len(pointer)},
        "xetHash": sha256(b"xet" + content),
    }
