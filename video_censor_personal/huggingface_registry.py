"""HuggingFaceRegistry: the application's door to what a hub says about models."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from modeltasks.errors import ModelTasksError
from modeltasks.registry import Registry
from modeltasks.registry.metadata import ModelMetadata
from modeltasks.report.notice import Notice
from modeltasks.settings import NetworkSettings
from modeltasks.spec import ModelFile
from modeltasks.support.cancel import CancelToken
from video_censor_personal.locations import default_cache_dir, named_cache_dir


@dataclass(frozen=True, slots=True)
class HubModel:
    """A model as a hub describes it: `metadata` in full, and the short names that programs ask for."""

    metadata: ModelMetadata
    _registry: Registry = field(repr=False, compare=False)

    @property
    def name(self) -> str:
        """The hub's name for the repository, `owner/name`."""
        return self.metadata.id

    @property
    def commit(self) -> str:
        """The commit that the revision asked for stands for."""
        return self.metadata.commit

    @property
    def files(self) -> tuple[ModelFile, ...]:
        """All files, with checksum and size."""
        return self.metadata.files

    @property
    def checksums(self) -> dict[str, str]:
        """`algorithm:hex` by path: SHA-256 of large files, git's blob id of small ones."""
        return {file.path: str(file.checksum) for file in self.metadata.files}

    @property
    def sizes(self) -> dict[str, int | None]:
        """Bytes by path."""
        return {file.path: file.size for file in self.metadata.files}

    @property
    def versions(self) -> dict[str, str]:
        """Commit by branch and tag: asked for when first used, one more call a day.

        Empty when they are not known and the hub gives no answer.
        """
        try:
            known = self._registry.versions(self.metadata.id)
        except ModelTasksError:
            return {}
        return {**known.tags, **known.branches}

    @property
    def license(self) -> str | None:
        """The licence that the model card names."""
        return self.metadata.license

    @property
    def gated(self) -> str | None:
        """`auto` or `manual` when an account must accept terms first."""
        return self.metadata.gated

    @property
    def deprecated(self) -> bool:
        """Whether its authors recommend another model, or the hub has disabled it."""
        return self.metadata.disabled or self.metadata.new_version is not None

    @property
    def replacement(self) -> str | None:
        """What its authors recommend in its place."""
        return self.metadata.new_version

    @property
    def last_updated(self) -> datetime:
        """When the hub was asked (UTC)."""
        return datetime.fromtimestamp(self.metadata.fetched_at, UTC)

    @property
    def last_modified(self) -> datetime | None:
        """When its authors last changed it."""
        text = self.metadata.last_modified
        return None if text is None else datetime.fromisoformat(text)

    @property
    def warnings(self) -> tuple[Notice, ...]:
        """What a user should know: renamed, superseded, disabled, gated, moved, stale, gone, replaced."""
        return self.metadata.notices

    def as_dict(self) -> Mapping[str, object]:
        """Return the JSON form."""
        return {**self.metadata.as_dict(), "warnings": [notice.as_dict() for notice in self.warnings]}


class HuggingFaceRegistry:
    """Metadata of models on a Hugging Face hub: asked for once, then kept for `ttl_hours`.

    `records` is the registry of `modeltasks` behind it.

    The hub is the one that `HF_ENDPOINT` names; `HF_TOKEN` (or the saved token) is sent to it alone.

    Args:
        cache_dir: where models are kept; the records lie beneath. Default: `$VIDEO_CENSOR_CACHE_DIR`,
            else the user's cache folder.
        ttl_hours: how long a record is used without asking again.
        network: limits of the network; `offline` makes no request at all.
        cancel: set it, from any thread, to stop what is under way.

    Raises:
        ValueError: `ttl_hours` is not above 0.
    """

    def __init__(
        self,
        cache_dir: Path | None = None,
        ttl_hours: float = 24,
        network: NetworkSettings | None = None,
        cancel: CancelToken | None = None,
    ) -> None:
        if not ttl_hours > 0:
            raise ValueError(f"ttl_hours must be above 0, it is {ttl_hours!r}")
        if cache_dir is None:
            cache_dir = named_cache_dir(os.environ) or default_cache_dir()
        self.cache_dir = Path(cache_dir)
        self.ttl_hours = ttl_hours
        self.records = Registry(self.cache_dir, network, cancel, ttl=ttl_hours * 3600)

    def query_model(self, repo: str, revision: str = "main", force_refresh: bool = False) -> HubModel:
        """Return what is known of a model, asking the hub when that is nothing or too old.

        When the hub does not respond, an old record is returned, with a warning.

        Args:
            repo: `owner/name`.
            revision: commit, tag or branch.
            force_refresh: ask even if the record is fresh.

        Raises:
            ModelTasksError: nothing is known and the hub gives no answer; says why and what to do.
        """
        return HubModel(self.records.query(repo, revision, force_refresh), self.records)

    def get_cached_metadata(self, repo: str, revision: str = "main") -> HubModel | None:
        """Return what is known, however old, without asking the hub; None when that is nothing."""
        metadata = self.records.cached(repo, revision)
        return None if metadata is None else HubModel(metadata, self.records)

    def is_metadata_valid(self, repo: str, revision: str = "main") -> bool:
        """Whether there is a record that is younger than `ttl_hours`."""
        return self.records.is_fresh(repo, revision)

    def refresh_metadata(self, repo: str, revision: str = "main") -> HubModel:
        """Ask the hub now.

        Raises:
            ModelTasksError: as `query_model`.
        """
        return self.query_model(repo, revision, force_refresh=True)

    def clear_cache(self, repo: str | None = None) -> int:
        """Forget a model, or all; returns how many records that were. Models stay.

        Raises:
            ModelTasksError: the system does not let us delete a record.
        """
        return self.records.cache.forget(repo)
