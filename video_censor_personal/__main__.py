"""The command `video-censor`.

Nothing heavy is imported here: when there is nothing to do, `nothing_to_do` answers and the rest of
the program is never loaded.
"""

import sys

from video_censor_personal.cli.console import open_closed_streams, settle, tell


def main() -> int:
    """Run the command line and return its exit code."""
    open_closed_streams()
    try:
        from video_censor_personal.cli.fast_path import answer

        if answer(sys.argv[1:]):
            return 0
        from video_censor_personal.cli.run import run

        return run(sys.argv[1:])
    except KeyboardInterrupt:
        # Before `run` has begun to listen, or after it has ended.
        tell("Interrupted.")
        return 130
    finally:
        settle()


if __name__ == "__main__":
    sys.exit(main())
