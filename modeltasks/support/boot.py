"""What names this start of the machine."""


def boot_id() -> str:
    """Return an id that is new after each start, '' where the system does not tell (all but Linux)."""
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as stream:
            return stream.read().strip()
    except (OSError, ValueError):
        return ""
