"""What a Hugging Face hub says of models: asked for once a day, kept on disk, better old than none."""

from modeltasks.registry.client import DAY, LONGEST_WAIT, TROUBLE_TTL, Registry

__all__ = ["DAY", "LONGEST_WAIT", "TROUBLE_TTL", "Registry"]
