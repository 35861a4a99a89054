"""Which paths make an example."""
