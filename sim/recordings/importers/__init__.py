"""From the files that people have to recordings."""
