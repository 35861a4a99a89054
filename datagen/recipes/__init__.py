"""The bundled recipes, one YAML file each, and the quickstart's own problems."""
