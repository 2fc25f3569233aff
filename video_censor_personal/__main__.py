"""The command `video-censor`.

Nothing heavy is imported here: when there is nothing to do, `nothing_to_do` answers and the rest of
the program is never loaded.
"""

import sys


def main() -> int:
    """Run the command line and return its exit code."""
    try:
        from video_censor_personal.nothing_to_do import answer

        if answer(sys.argv[1:]):
            return 0
        from video_censor_personal.cli import run

        return run(sys.argv[1:])
    except KeyboardInterrupt:
        # Before `run` has begun to listen, or after it has ended.
        sys.stderr.write("Interrupted.\n")
        return 130


if __name__ == "__main__":
    sys.exit(main())
