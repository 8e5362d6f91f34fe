"""What importers of all formats share: columns, times, levels, and the recording that is made of the files' samples."""
