"""The command `video-censor`.

Nothing heavy is imported here: when there is nothing to do, the short cut replies and the rest of the
program is never loaded.
"""

import sys

from modeltasks.report.console import print_err
from video_censor_personal.cli.console import Outlet, open_closed_streams, settled


def main() -> int:
    """Run the command line and return its exit code."""
    open_closed_streams()
    sys.stdout = Outlet(sys.stdout)
    try:
        code = _run()
    except KeyboardInterrupt:
        # Before `run` has begun to listen, or after it has ended.
        print_err("Interrupted.")
        code = 130
    except SystemExit as asked:
        if not isinstance(asked.code, int):
            raise
        code = asked.code
    return settled(code)


def _run() -> int:
    from video_censor_personal.cli.fast_path import run_fast

    code = run_fast(sys.argv[1:])
    if code is not None:
        return code
    import atexit
    import gc

    from video_censor_personal.cli.signals import listen

    listen()
    # All that is left when the program ends need not be searched for garbage once more.
    atexit.register(gc.freeze)
    if sys.argv[1:2] == ["tasks"]:
        from video_censor_personal.task_graph import run_doit

        return run_doit(sys.argv[2:])
    from video_censor_personal.cli.run import run

    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
