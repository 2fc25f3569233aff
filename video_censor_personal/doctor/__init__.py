"""What would fail on the day it is needed: the installation, its models, their sources, the disk."""
