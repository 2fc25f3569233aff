"""Reading video files: what is in them, their sound as PCM, their pictures on a time grid.

Times are seconds on one time line: 0 is the first moment a player shows (see `probe.MediaInfo.origin`).
"""
