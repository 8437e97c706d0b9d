"""Read models: one file each, with its tables, how events change them, and the questions they answer."""
