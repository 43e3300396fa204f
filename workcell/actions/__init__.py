"""The shipped actions: one file each, found through the group ``zosimos.actions`` like those of any other package."""
