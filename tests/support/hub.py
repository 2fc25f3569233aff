"""What a hub holds, and what it answers: the API, and /resolve with its two kinds of redirect."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, quote, unquote

from tests.support.file_host import sha256

_API = re.compile(
    r"/api/models/(?P<repo>[^/]+(?:/[^/]+)?)"
    r"(?:/(?P<verb>revision|tree|paths-info|refs|commits)(?:/(?P<rest>.*))?)?\Z"
)
_RESOLVE = re.compile(r"/(?P<repo>[^/]+(?:/[^/]+)?)/resolve/(?P<rev>[^/]+)/(?P<path>.+)\Z")
_SMALL_CACHE = re.compile(r"/api/resolve-cache/models/(?P<repo>[^/]+/[^/]+)/(?P<rev>[^/]+)/(?P<path>.+)\Z")
_PAGE = 1000
_LFS_SUFFIXES = (".bin", ".onnx", ".safetensors", ".gguf", ".pt", ".pth", ".ckpt", ".zip")


def git_sha1(content: bytes) -> str:
    """Git's blob id of `content`."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def _is_lfs(path: str) -> bool:
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
            listed = _entry(path, content)
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


def _refs(kind: str, names: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"name": name, "ref": f"refs/{kind}/{name}", "targetCommit": sha} for name, sha in names.items()]


def _entry(path: str, content: bytes) -> dict[str, Any]:
    if not _is_lfs(path):
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


@dataclass
class Answer:
    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


def as_json(value: object, status: int = 200, **headers: str) -> Answer:
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return Answer(status, json.dumps(value).encode(), {"Content-Type": "application/json", **named})


def refusal(status: int, message: str, code: str | None = None) -> Answer:
    answer = as_json({"error": message}, status)
    answer.headers["X-Error-Message"] = message
    if code:
        answer.headers["X-Error-Code"] = code
    return answer


class Hub:
    """What a hub holds, and what it answers. `endpoint` and `cdn` are the base URLs of its two origins."""

    endpoint: str
    cdn: str

    def __init__(self) -> None:
        self.repos: dict[str, Repo] = {}
        self.renamed: dict[str, str] = {}
        self.tokens: dict[str, set[str]] = {}
        self.drops_sizes = False

    def add(self, repo_id: str, files: Mapping[str, bytes], **page: Any) -> Repo:
        """Add a repository with one commit on `main`; `page` sets fields of `Repo`."""
        repo = Repo(repo_id, uid=hashlib.md5(repo_id.encode()).hexdigest()[:24], **page)
        repo.commit(files)
        self.repos[repo_id] = repo
        return repo

    def rename(self, old: str, new: str) -> None:
        """Move a repository; its old name answers with a redirect from now on."""
        if old in self.repos:
            repo = self.repos.pop(old)
            repo.id = new
            self.repos[new] = repo
        self.renamed[old] = new

    def allow(self, token: str, *repos: str) -> None:
        """Make `token` valid, with access to the private or gated `repos`."""
        self.tokens.setdefault(token, set()).update(repos)

    def answer(self, method: str, target: str, token: str | None, form: str) -> Answer:
        """The hub's answer to one request on its first origin."""
        path, _, query = target.partition("?")
        if token is not None and token not in self.tokens:
            return refusal(401, "Invalid credentials in Authorization header")
        if path == "/api/models":
            return self._search(parse_qs(query))
        if match := _SMALL_CACHE.match(path):
            content = self.repos[match["repo"]].commits[match["rev"]][unquote(match["path"])]
            return Answer(200, content, {"ETag": f'"{git_sha1(content)}"'})
        match = _API.match(path) or _RESOLVE.match(path)
        if match is None:
            return refusal(404, "Not found")
        name = match["repo"]
        if name in self.renamed:
            return Answer(307, b"", {"Location": target.replace(name, self.renamed[name], 1)})
        repo = self.repos.get(name)
        access = token is not None and name in self.tokens[token]
        if repo is None or (repo.private and not access):
            if token is None:
                return refusal(401, "Invalid username or password.")
            return refusal(404, "Repository not found", "RepoNotFound")
        if match.re is _RESOLVE:
            return self._resolve(repo, unquote(match["rev"]), unquote(match["path"]), token, access)
        return self._api(
            repo, match["verb"], match["rest"] or "", parse_qs(form if method == "POST" else query)
        )

    def _api(self, repo: Repo, verb: str | None, rest: str, query: dict[str, list[str]]) -> Answer:
        if verb == "refs":
            return as_json(
                {
                    "branches": _refs("heads", repo.branches),
                    "tags": _refs("tags", repo.tags),
                    "converts": [],
                }
            )
        revision, _, folder = rest.partition("/")
        commit = repo.find(unquote(revision) or "main")
        if commit is None:
            return refusal(404, f"Invalid rev id: {unquote(revision)}", "RevisionNotFound")
        files = repo.commits[commit]
        if verb == "commits":
            ids = list(repo.commits)
            line = ids[: ids.index(commit) + 1][::-1]
            entries = [
                {
                    "id": sha,
                    "title": "a change",
                    "message": "",
                    "authors": [{"user": "a"}],
                    "date": repo.last_modified,
                }
                for sha in line
            ]
            return as_json(entries, X_Total_Count=str(len(entries)))
        if verb == "tree":
            return self._tree(repo, commit, unquote(folder), query)
        if verb == "paths-info":
            return as_json([_entry(path, files[path]) for path in query.get("paths", []) if path in files])
        sizes = "blobs" in query and not self.drops_sizes
        return as_json(info_of(repo, commit, sizes))

    def _tree(self, repo: Repo, commit: str, folder: str, query: dict[str, list[str]]) -> Answer:
        entries = [
            _entry(path, content) for path, content in repo.commits[commit].items() if path.startswith(folder)
        ]
        start = int(query.get("cursor", ["0"])[0])
        answer = as_json(entries[start : start + _PAGE])
        if start + _PAGE < len(entries):
            next_page = (
                f"{self.endpoint}/api/models/{repo.id}/tree/{commit}?recursive=true&cursor={start + _PAGE}"
            )
            answer.headers["Link"] = f'<{next_page}>; rel="next"'
        return answer

    def _search(self, query: dict[str, list[str]]) -> Answer:
        def first(name: str) -> str:
            return query.get(name, [""])[0]

        found = [
            repo
            for repo in self.repos.values()
            if not repo.private
            and first("search").lower() in repo.id.lower()
            and (not first("author") or repo.id.partition("/")[0] == first("author"))
            and (not first("pipeline_tag") or repo.pipeline_tag == first("pipeline_tag"))
            and all(tag in {repo.library, repo.pipeline_tag} for tag in query.get("filter", []))
        ]
        found.sort(key=lambda repo: -repo.downloads)
        limit = int(first("limit") or _PAGE)
        keys = (
            "_id",
            "id",
            "likes",
            "private",
            "downloads",
            "tags",
            "pipeline_tag",
            "library_name",
            "modelId",
        )
        infos = [info_of(repo, repo.head, sizes=False) for repo in found[:limit]]
        return as_json([{key: info[key] for key in keys if key in info} for info in infos])

    def _resolve(self, repo: Repo, revision: str, path: str, token: str | None, access: bool) -> Answer:
        if repo.disabled:
            return refusal(403, "Access to this resource is disabled.")
        if repo.gated and not access:
            return refusal(
                401 if token is None else 403, f"Access to model {repo.id} is restricted.", "GatedRepo"
            )
        commit = repo.find(revision)
        if commit is None:
            return refusal(404, f"Invalid rev id: {revision}", "RevisionNotFound")
        content = repo.commits[commit].get(path)
        if content is None:
            missing = refusal(404, "Entry not found", "EntryNotFound")
            missing.headers["X-Repo-Commit"] = commit
            return missing
        common = {"X-Repo-Commit": commit, "Accept-Ranges": "bytes"}
        if _is_lfs(path):
            digest = sha256(content)
            location = f"{self.cdn}/blob/{digest}?Expires=4102444800&Signature=s"
            linked = {
                "X-Linked-Size": str(len(content)),
                "X-Linked-ETag": f'"{digest}"',
                "Location": location,
            }
            return Answer(302, b"Found. Redirecting", common | linked)
        etag = f'"{git_sha1(content)}"'
        if repo.private:
            return Answer(200, content, common | {"ETag": etag})
        location = f"/api/resolve-cache/models/{repo.id}/{commit}/{quote(path)}?etag={quote(etag)}"
        return Answer(307, b"", common | {"Location": location})

    def blob(self, digest: str) -> bytes | None:
        """Content of the LFS file with that SHA-256."""
        for repo in self.repos.values():
            for files in repo.commits.values():
                for content in files.values():
                    if sha256(content) == digest:
                        return content
        return None
