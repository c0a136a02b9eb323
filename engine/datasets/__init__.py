"""Published data-set layouts, one file each."""
