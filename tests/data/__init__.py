"""Real logs, imported whole: their figures against answers that others worked out. They lie beside the project."""
