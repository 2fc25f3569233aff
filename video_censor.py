"""The short module name: `python -m video_censor` is `video-censor`."""

import sys

from video_censor_personal.__main__ import main

if __name__ == "__main__":
    sys.exit(main())
