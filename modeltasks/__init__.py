"""Models as doit targets: a file with the right checksum is up to date, anything else is rebuilt.

Importing this package costs nothing: every module imports what it needs when it needs it.
"""
