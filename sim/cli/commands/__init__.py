"""One file for each command: ``recording_info.py`` holds ``spinsc recording info``, its arguments and its body."""
