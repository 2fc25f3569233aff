"""How long may pass where nothing should be waited for."""

from __future__ import annotations

PROMPT = 5.0
"""Seconds. A busy machine needs less, and what must not be waited for in these tests takes far longer.

How fast things really are is the subject of `benchmarks/`.
"""
