"""Detectors: each turns sound or frames into observations, and observations into hits."""
