"""Who does the work on films: processes here, or those of a cluster."""
