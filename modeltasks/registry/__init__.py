"""Metadata of models on a Hugging Face hub: asked for once a day, and kept on disk."""

from modeltasks.registry.client import DAY, TROUBLE_TTL, Registry

__all__ = ["DAY", "TROUBLE_TTL", "Registry"]
