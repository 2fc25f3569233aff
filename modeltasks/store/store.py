"""A folder of models: where they are, who works on them, and what is known of them."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

from modeltasks.spec import ModelFile, ModelSpec
from modeltasks.store.freshness import Evidence
from modeltasks.store.layout import Layout
from modeltasks.store.locks import StoreLocks
from modeltasks.store.platform import Platform
from modeltasks.store.receipts import PersonalReceipts, Receipts


class Store:
    """A folder of models. Making one does not touch the disk; nor does asking where things are.

    Change the files of a model only while `locks.model_lock` holds it.
    """

    def __init__(self, root: Path, platform: Platform | None = None) -> None:
        self.layout = Layout(root, platform or Platform.current())
        self.locks = StoreLocks(self.layout)
        self.receipts = Receipts(self.layout, self.locks)

    @cached_property
    def own_receipts(self) -> PersonalReceipts:
        """What this user verified here where the store itself cannot be written."""
        return PersonalReceipts(self.layout, self.locks)

    @property
    def root(self) -> Path:
        """The folder, absolute."""
        return self.layout.root

    def path(self, spec: ModelSpec, file: ModelFile) -> Path:
        """Return the place of a file, there or not."""
        return self.layout.file(spec.name, file.path)

    def opened(self, spec: ModelSpec) -> Path:
        """Return what programs open: the file of a one-file model, else the model's folder."""
        one = len(spec.files) == 1
        return self.path(spec, spec.files[0]) if one else self.layout.directory(spec.name)

    def evidence(self, spec: ModelSpec) -> dict[str, Evidence] | str:
        """Return what proves each file of a model right, by path, or why it is not known to be current.

        One read of a receipt and one stat a file. Never hashes, never raises.
        """
        found = self.receipts.evidence(spec)
        if isinstance(found, dict) or found.startswith("missing"):
            return found
        own = self.own_receipts.evidence(spec)
        return own if isinstance(own, dict) else found

    def file_evidence(self, spec: ModelSpec, file: ModelFile) -> Evidence | str:
        """Return what proves one file right, whatever the others are, or why it is not known to be."""
        found = self.receipts.file_evidence(spec.name, file)
        if isinstance(found, Evidence) or found == "missing":
            return found
        own = self.own_receipts.file_evidence(spec.name, file)
        return own if isinstance(own, Evidence) else found

    def why_stale(self, spec: ModelSpec) -> str | None:
        """Return why a model is not known to be current, or None; as `evidence`."""
        found = self.evidence(spec)
        return found if isinstance(found, str) else None

    def why_file_stale(self, spec: ModelSpec, file: ModelFile) -> str | None:
        """Return why one file is not known to be current, or None; as `file_evidence`."""
        found = self.file_evidence(spec, file)
        return found if isinstance(found, str) else None
